"""The contract of the order history: it has no messages, and is queried by REST only."""
