"""The services of the reference system, in one table.  Not: what a service does.

Imported by settings, so it knows no Django.
"""

import os

REGISTRY = "registry"  # no service of the business: no database, no messages, no place in the table below
SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order_history")


def installed_services() -> tuple[str, ...]:
    """Return the services this process runs: the one that POSTROAD_SERVICE names, all, or none but the registry.

    Raises:
        SystemExit: POSTROAD_SERVICE names no service; the text lists them.
    """
    name = os.environ.get("POSTROAD_SERVICE", "").replace("-", "_")
    if not name:
        return SERVICES
    if name == REGISTRY:
        return ()
    if name not in SERVICES:
        known = ", ".join((*SERVICES, REGISTRY))
        raise SystemExit(f"postroad: POSTROAD_SERVICE {name!r} is no service; choose one of: {known}.")
    return (name,)


def has_registry() -> bool:
    """Return whether this process serves the service registry: alone, or beside all services."""
    return installed_services() in ((), SERVICES)
