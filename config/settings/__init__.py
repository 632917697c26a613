"""Settings: `base`, and one module for each of the three ways to run (embedded, service, test) and for building an image."""
