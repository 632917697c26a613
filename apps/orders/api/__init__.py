"""The REST API of orders: routes, bodies, views; no rules."""
