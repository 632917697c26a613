"""The REST API of restaurants: routes, bodies, views; no rules."""
