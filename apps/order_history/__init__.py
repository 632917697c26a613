"""A view of all orders, built from the events of the other services (CQRS); it decides nothing."""
