"""The Kubernetes release this process belongs to, for operators."""
