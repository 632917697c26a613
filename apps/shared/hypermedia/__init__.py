"""What the services' REST APIs of version 2 share: hypermedia, conditions, repetition, errors."""
