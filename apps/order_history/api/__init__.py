"""The REST API of order_history: routes, bodies, views; no rules."""
