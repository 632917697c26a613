"""Where the database and the broker of a deployment are: a URL, or the parts that Kubernetes secrets hold.

The URL wins.  Parts are quoted here, so a password may hold anything.

    DATABASE_URL   or  DATABASE_HOST, _NAME, _USER, _PASSWORD; _PORT (5432), _OPTIONS (sslmode=require&…)
    BROKER_URL     or  BROKER_HOST, _USER, _PASSWORD; _TLS (false), _PORT (5672; with TLS 5671), _VHOST (/)

See also: `config.databases`, which turns the URL into Django's setting.
"""

import os
from urllib.parse import parse_qsl, quote, urlencode

from config.environment import flag, number, text
from postroad.secrecy import hide_password, split_url

_MAX_PORT = 65535


def database_url() -> str:
    """Return the database's URL; empty if the environment says nothing of one.

    Raises:
        SystemExit: A part is missing or cannot be used; the text names the variable.
    """
    if text("DATABASE_URL"):
        return text("DATABASE_URL")
    if not _has_any("DATABASE", "HOST", "NAME", "USER", "PASSWORD"):
        return ""
    host, login = _host("DATABASE"), _login("DATABASE")
    port = number("DATABASE_PORT", 5432, maximum=_MAX_PORT)
    name = quote(_part("DATABASE", "NAME"), safe="")
    options = _options("DATABASE_OPTIONS")
    return f"postgresql://{login}@{host}:{port}/{name}{'?' if options else ''}{options}"


def broker_url() -> str:
    """Return the broker's URL; empty if the environment says nothing of one.

    Raises:
        SystemExit: A part is missing or cannot be used; the text names the variable.
    """
    if url := text("BROKER_URL"):
        try:
            split_url(url)
        except ValueError as error:  # said here, in one line: Celery would say it with a traceback
            raise SystemExit(f"postroad: BROKER_URL {hide_password(url)!r} cannot be used: {error}.") from None
        return url
    if not _has_any("BROKER", "HOST", "USER", "PASSWORD"):
        return ""
    scheme, usual = ("amqps", 5671) if flag("BROKER_TLS") else ("amqp", 5672)
    host, login = _host("BROKER"), _login("BROKER")
    port = number("BROKER_PORT", usual, maximum=_MAX_PORT)
    return f"{scheme}://{login}@{host}:{port}/{quote(text('BROKER_VHOST', '/'), safe='')}"


def _has_any(prefix: str, *parts: str) -> bool:
    return any(text(f"{prefix}_{part}") for part in parts)


def _part(prefix: str, part: str) -> str:
    name = f"{prefix}_{part}"
    if not text(name):
        raise SystemExit(f"postroad: {name} is not set although other parts are; set it, or {prefix}_URL.")
    return text(name)


def _login(prefix: str) -> str:
    """Return user and password, quoted; a password may be empty, but not forgotten."""
    user = quote(_part(prefix, "USER"), safe="")
    password = f"{prefix}_PASSWORD"
    return f"{user}:{quote(os.environ[password] if password in os.environ else _part(prefix, 'PASSWORD'), safe='')}"


def _host(prefix: str) -> str:
    host = _part(prefix, "HOST")
    return f"[{host.strip('[]')}]" if ":" in host else quote(host, safe="")


def _options(name: str) -> str:
    given = text(name)
    try:
        return urlencode(parse_qsl(given, strict_parsing=True)) if given else ""
    except ValueError:
        way_out = "write name=value, more of them joined by &, for example sslmode=require"
        shown = f" {given!r}" if given.isalnum() else ""
        raise SystemExit(
            f"postroad: {name}{shown} cannot be used; {way_out}."
        ) from None  # a password may be among them
