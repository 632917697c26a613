"""Receiving: from the broker to a handler, once in effect (the pattern "idempotent consumer")."""
