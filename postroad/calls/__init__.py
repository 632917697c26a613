"""Calls to other services: declared as an interface, made with one policy, over REST, gRPC or in this process.

The law: a call knows nothing of messages; the policy decides purely (`steps` yields what to do) and is acted on once,
by the threads' or by asyncio's driver; `breaker`, `window` and `budget` are pure.
"""
