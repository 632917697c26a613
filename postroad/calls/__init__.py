"""Calls to other services: an interface, one policy, REST or gRPC.

Calls import nothing of messages.  `policies.policy` only decides what comes next; `policies.drivers` does it, for threads and for
asyncio.  The circuit breaker, its window and the retry budget do no I/O.
"""
