"""Settings of the one-process mode: SQLite and secrets in `var/`, no broker, this machine only."""

import os

from apps.shared.secrets import kept_secret
from config.databases import databases
from config.logs import logging_from
from config.secret_key import given_secret_key
from config.settings.base import *

VAR_DIR.mkdir(exist_ok=True)

SECRET_KEY = given_secret_key() or kept_secret(VAR_DIR / "secret-key")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
DATABASES = databases(os.environ.get("DATABASE_URL", f"sqlite:///{VAR_DIR / 'postroad.sqlite3'}"))
POSTROAD = {
    "BROKER_URL": os.environ.get("BROKER_URL", "memory://"),
    "TRANSPORT": {"default": "local"},
    "GRPC_REFLECTION": True,  # for grpcurl: it listens on this machine only
    **GRPC,
}
LOGGING = logging_from("WARNING")  # the log would hide the saga history that the demo prints
os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # gRPC's own lines on standard error; what matters we say ourselves
