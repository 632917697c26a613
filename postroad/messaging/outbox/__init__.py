"""Sending: from the transaction that sends a message to the broker (the pattern "transactional outbox")."""
