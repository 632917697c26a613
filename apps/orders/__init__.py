"""The service that accepts orders and orchestrates their sagas."""
