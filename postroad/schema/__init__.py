"""The database schema: whether it is complete, who migrates it, waiting for it."""
