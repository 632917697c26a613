"""Commands and replies: one service asks another to act, and receives the reply later.

These modules convert typed messages to envelopes; none imports a broker library or a saga.
"""
