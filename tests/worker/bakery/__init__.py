"""A tiny service whose handler fails, or kills its process, when a message says so."""
