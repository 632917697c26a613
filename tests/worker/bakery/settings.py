import os

from config.databases import databases

SECRET_KEY = "only-for-tests"  # noqa: S105 - tests sign nothing
INSTALLED_APPS = ["postroad.messaging", "postroad.sagas", "postroad", "tests.worker.bakery"]
DATABASES = databases(os.environ["DATABASE_URL"])
POSTROAD = {
    "SERVICE": "bakery",
    "BROKER_URL": os.environ["BROKER_URL"],
    "CONSUMER_RETRY_FIRST_SECONDS": 0.05,
    "CONSUMER_ATTEMPTS": 3,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
