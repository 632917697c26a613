"""GraphQL over the gateway's proxies: schema, limits, and loading in batches."""
