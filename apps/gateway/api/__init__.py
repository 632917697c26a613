"""The gateway's HTTP API: routes, views and its OpenAPI document, without business rules."""
