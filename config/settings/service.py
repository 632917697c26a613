"""Settings of one service as processes of its own: everything that differs comes from the environment."""

import os

from config import environment
from config.addresses import broker_url, database_url
from config.databases import databases
from config.secret_key import given_secret_key
from config.services import service_name
from config.settings.base import *


def _required(name: str, value: str, *, example: str, parts: str = "") -> str:
    """Return what must be set."""
    if not value:
        raise SystemExit(f"postroad: {name} is not set; set it, for example {name}={example}{parts}.")
    return value


def _stored(name: str, value: str, *, example: str, parts: str) -> str:
    """Return what must be set unless this is the gateway or the registry: they store and send nothing."""
    return _required(name, value, example=example, parts=f", or {parts}") if SERVICES else value


SECRET_KEY = _required(
    "SECRET_KEY",
    given_secret_key(),
    example="$(python -c 'import secrets; print(secrets.token_urlsafe(48))')",
)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
DATABASES = databases(
    _stored(
        "DATABASE_URL",
        database_url(),
        example="postgresql://user:password@localhost:5432/orders",
        parts="DATABASE_HOST, DATABASE_NAME, DATABASE_USER and DATABASE_PASSWORD",
    )
)
for _database in DATABASES.values():
    _database |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
_BROKER_URL = _stored(
    "BROKER_URL",
    broker_url(),
    example="amqp://user:password@localhost:5672//",
    parts="BROKER_HOST, BROKER_USER and BROKER_PASSWORD",
)
POSTROAD = {
    "SERVICE": service_name(),
    "BROKER_URL": _BROKER_URL or "memory://",
    "SIBLINGS": ALL_SERVICES if SERVICES or HAS_GATEWAY else (),  # the registry calls no service
    **GRPC,
}

# A browser keeps cookies by name and host, whatever the port: those who forward two admins to localhost stay in both.
SESSION_COOKIE_NAME = f"{service_name() or 'postroad'}_session"
CSRF_COOKIE_NAME = f"{service_name() or 'postroad'}_csrf"

# Behind an ingress that ends TLS, the admin's forms need both: the origin as the browser sees it, and that it was https.
CSRF_TRUSTED_ORIGINS = [origin for origin in environment.text("CSRF_TRUSTED_ORIGINS").split(",") if origin]
if environment.flag("BEHIND_TLS_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

HAS_TOUR = environment.flag(
    "TOUR"
)  # it shows every visitor how busy the system is, and costs the orders service some requests

if HAS_GATEWAY:
    # `apps.gateway.edge` checks every request; a synchronous middleware would need a thread for each one.
    SILENCED_SYSTEM_CHECKS = [
        "admin.E408",
        "admin.E409",
        "admin.E410",
    ]  # the admin's middleware: this process has no admin
    MIDDLEWARE = ["apps.gateway.guard.GuardMiddleware", "postroad.web.probes.ProbeMiddleware"]
