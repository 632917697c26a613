"""GraphQL over the same proxies: what may be asked, loaded in batches, within limits."""
