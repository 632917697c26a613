"""Settings of the measurements: the library, one small service, and the database that `bench.stage` has made."""

import os

from config.databases import databases

SECRET_KEY = "signs nothing"  # noqa: S105 - no secret: nothing is served
INSTALLED_APPS = ["postroad.messaging", "postroad.sagas", "postroad", "bench.bank"]
DATABASES = databases(os.environ.get("DATABASE_URL", "sqlite://:memory:"))
DATABASES["default"]["CONN_MAX_AGE"] = None  # nobody connects anew within a measurement
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
POSTROAD = {"BROKER_URL": os.environ.get("BROKER_URL", "memory://")}
CELERY_TASK_DEFAULT_QUEUE = "bench_bank.tasks"  # a worker declares it, though nothing is sent there
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "postroad.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
