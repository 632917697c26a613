"""Adapters of brokers, behind one port and one conformance suite.

Client libraries of brokers are imported here only, and adapters do not import each other.
See also: `postroad.messaging.broker`, which is the port.
"""
