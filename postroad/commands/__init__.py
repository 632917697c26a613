"""Commands and replies: one service asks another to act, and is answered later.

Typed messages in, envelopes out; nothing here imports a broker library or a saga.
"""
