"""The tour for new users: all services in one process, the demo order with its saga history, and the start page."""
