"""Settings of the tests: SQLite in memory, or the server that TEST_DATABASE_URL names."""

import os

from config.databases import databases
from config.settings.base import *

SECRET_KEY = "only-for-tests"  # noqa: S105 - no secret: tests sign nothing that leaves them
ALLOWED_HOSTS = ["*"]
DATABASES = databases(os.environ.get("TEST_DATABASE_URL", "sqlite://:memory:"))
POSTROAD = {"BROKER_URL": "memory://", "TRANSPORT": {"default": "local"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_AUTOREFRESH = True  # look for a static file when it is asked for, not for all of them in every test client
GATEWAY = {"DEADLINE_SECONDS": 20.0}  # tests share a machine; those of deadlines set their own
