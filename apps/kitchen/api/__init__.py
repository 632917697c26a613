"""The REST API of the kitchen: routes, bodies, views; no rules."""
