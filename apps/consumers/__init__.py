"""The service that owns the consumers, who may order."""
