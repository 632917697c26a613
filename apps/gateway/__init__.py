"""The API gateway, the single address for all clients: composes orders, forwards other requests, answers GraphQL and JSON Graph."""
