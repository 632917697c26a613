"""What runs besides the web server and Celery: relay, gRPC server, consumers in threads, and what they share."""
