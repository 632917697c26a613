"""Measurements against limits and peers: `python -m bench [P1,P2,…]`.  Nothing here decides pass or fail."""
