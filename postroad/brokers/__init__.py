"""Adapters: one module a broker with its parts beside it, all behind `messaging.broker`, all passing one conformance suite.

The law: client libraries are imported here only; adapters do not know each other.
"""
