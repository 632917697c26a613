"""The first things a new user sees: the one-process mode, the demo order and its saga history, the start page."""
