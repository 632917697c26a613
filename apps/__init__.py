"""The reference system: food to go, in services that meet only in each other's `messages.py`."""
