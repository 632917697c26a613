"""The state of the database schema: is it complete, who migrates, and waiting for it."""
