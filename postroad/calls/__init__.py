"""Calls to other services: an interface, one policy, REST or gRPC.

Calls import nothing of messages.  `policies.policy` only decides the next step; `policies.drivers` runs it, sync or async.
The circuit breaker, its window and the retry budget do no I/O.
"""
