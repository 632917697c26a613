"""The database schema: whether all migrations are applied, the lock of a migration, and waiting for it."""
