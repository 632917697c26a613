"""Adapters of brokers: they implement one port and pass one conformance suite.

Only these modules import client libraries of brokers, and adapters do not import each other.
See also: `postroad.messaging.broker`, which is the port.
"""
