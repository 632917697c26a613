"""Measurements against limits and peers: `python -m bench [P1,P2,…]`.  Not: tests; nothing here decides pass or fail."""
