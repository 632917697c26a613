"""Adapters: one file a broker, all behind `messaging.broker`, all passing one conformance suite.

The law: client libraries are imported here only; adapters do not know each other.
"""
