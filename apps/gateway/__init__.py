"""One address for all clients: composes an order's details, forwards the rest, answers GraphQL and JSON Graph."""
