"""The Django admin of messages and sagas."""
