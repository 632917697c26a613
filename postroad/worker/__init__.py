"""Message handlers inside Celery workers."""
