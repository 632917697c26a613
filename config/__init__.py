"""The Django project: settings a deployment, Celery application, urls."""
