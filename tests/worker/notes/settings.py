"""Settings of the worker's tests: everything that differs comes from the environment."""

import os

from config.databases import databases

SECRET_KEY = "only-for-tests"  # noqa: S105 - no secret: tests sign nothing
INSTALLED_APPS = ["postroad.messaging", "postroad.sagas", "postroad", "tests.worker.notes"]
DATABASES = databases(os.environ["DATABASE_URL"])
USE_TZ = True
TIME_ZONE = "UTC"
POSTROAD = {"SERVICE": os.environ["NOTES_CHANNEL"], "CONSUMER_RETRY_FIRST_SECONDS": 0.05}
if os.environ.get("NOTES_REMOTE_CONTROL"):
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = True
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "postroad.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"postroad": {"level": "DEBUG"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
}
