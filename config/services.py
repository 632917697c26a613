"""The services of the reference system, in one table.

Imported by settings, so it knows no Django.
"""

import os

SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order_history")

GATEWAY, REGISTRY = "gateway", "registry"
"""Processes without database and messages of their own, so without a place in the table above."""


def installed_services() -> tuple[str, ...]:
    """Return the services this process runs: the one that POSTROAD_SERVICE names, all, or none (gateway, registry).

    Raises:
        SystemExit: POSTROAD_SERVICE names no service; the text lists them.
    """
    name = service_name()
    if not name:
        return SERVICES
    if name in (GATEWAY, REGISTRY):
        return ()
    if name not in SERVICES:
        known = ", ".join((*SERVICES, GATEWAY, REGISTRY))
        raise SystemExit(f"postroad: POSTROAD_SERVICE {name!r} is no service; choose one of: {known}.")
    return (name,)


def has_gateway() -> bool:
    """Return whether this process serves the API gateway: alone, or before all services."""
    return service_name() in ("", GATEWAY)


def has_registry() -> bool:
    """Return whether this process serves the service registry: alone, or beside all services."""
    return service_name() in ("", REGISTRY)


def service_name() -> str:
    """Return the name of the one service of this process, with underscores; empty: all run here."""
    return os.environ.get("POSTROAD_SERVICE", "").replace("-", "_")
