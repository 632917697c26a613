"""The gateway's HTTP API: routes, views and its document; no rules."""
