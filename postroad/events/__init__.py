"""Domain events: a service publishes what happened, and subscribers react to it.

These modules convert typed events to envelopes; a publisher does not know its subscribers.
"""
