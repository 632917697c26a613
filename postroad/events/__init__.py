"""Domain events: a service says what happened, subscribers decide what it means to them.

Typed events in, envelopes out; a publisher does not know its subscribers.
"""
