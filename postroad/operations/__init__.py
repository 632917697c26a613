"""What operators ask and do: health checks of an installation, and the release on Kubernetes."""
