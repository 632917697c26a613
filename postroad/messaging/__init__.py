"""Outbox, relay, inbox, consumer: bytes and headers from one service's transaction to another's.

The law: no codec, no business type and no client library of a broker in here; `broker` is the port that
adapters implement.
"""
