"""A view of all orders, fed by the events of their owners (CQRS): nothing is decided here."""
