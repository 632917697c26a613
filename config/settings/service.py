"""Settings of one service as processes of its own: everything that differs comes from the environment."""

import os

from config.databases import databases
from config.settings.base import *


def _required(name: str, example: str, *, alone: str = "") -> str:
    """Return a variable that must be set; gateway and registry do with `alone`: they store and send nothing."""
    value = os.environ.get(name, "") or ("" if SERVICES else alone)
    if not value:
        raise SystemExit(f"postroad: {name} is not set; set it, for example {name}={example}.")
    return value


SECRET_KEY = _required("SECRET_KEY", "$(python -c 'import secrets; print(secrets.token_urlsafe(48))')")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
DATABASES = databases(
    _required("DATABASE_URL", "postgresql://user:password@localhost:5432/orders", alone="sqlite://:memory:")
)
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
POSTROAD = {
    "SERVICE": os.environ.get("POSTROAD_SERVICE", "").replace("-", "_"),
    "BROKER_URL": _required("BROKER_URL", "amqp://user:password@localhost:5672//", alone="memory://"),
    "SIBLINGS": ALL_SERVICES if SERVICES or HAS_GATEWAY else (),  # the registry calls nobody
    **GRPC,
}

if HAS_GATEWAY:
    # What every request passes is `apps.gateway.edge`; a middleware that is not asynchronous would cost each one a thread.
    MIDDLEWARE = ["postroad.runtime.deadlines.DeadlineMiddleware"]
