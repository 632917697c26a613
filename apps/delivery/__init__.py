"""The service of the deliveries: couriers, and what they carry from the kitchens to the consumers."""
