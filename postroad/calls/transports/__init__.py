"""Calls over HTTP, and inside one process."""
