"""Outbox, relay and inbox: messages as bytes, from one transaction to another.

No codec, no business type and no client library of a broker is imported here.
"""
