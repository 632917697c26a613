"""The REST API of delivery: routes, bodies, views; no rules."""
