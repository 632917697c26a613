"""The Kubernetes release this process belongs to, for operators.  Not: installing it, which is the chart's work."""
