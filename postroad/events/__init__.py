"""Domain events: an aggregate's owner says what happened, subscribers decide what it means to them.

The law: typed events in, envelopes out; the publisher knows no subscriber.
"""
