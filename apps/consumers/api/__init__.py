"""The REST API of consumers: routes, bodies, views; no rules."""
