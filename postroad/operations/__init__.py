"""For operators: health checks of an installation, and its release on Kubernetes."""
