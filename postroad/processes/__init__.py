"""What runs besides web server and Celery: relay, gRPC server, one-process mode."""
