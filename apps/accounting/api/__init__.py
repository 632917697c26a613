"""The REST API of accounting: routes, bodies, views; no rules."""
