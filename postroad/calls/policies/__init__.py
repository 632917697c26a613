"""The policy of a call: deadline, bulkhead, breaker and retries."""
