"""Shared parts of the services' REST APIs, version 2: hypermedia, conditional requests, idempotency keys, errors."""
