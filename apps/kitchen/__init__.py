"""The service of the kitchens: tickets, from reservation to pick-up."""
