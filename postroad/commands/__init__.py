"""Commands and replies: one service asks another to act and is answered later.

The law: typed messages in, envelopes out; no broker library, no saga.
"""
