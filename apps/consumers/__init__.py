"""The service that knows the consumers: who may order."""
