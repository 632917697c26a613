"""The services of the reference system, in one table.  Not: what a service does.

Imported by settings, so it knows no Django.
"""

import os

SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order_history")


def installed_services() -> tuple[str, ...]:
    """Return the services this process runs: the one that POSTROAD_SERVICE names, or all of them.

    Raises:
        SystemExit: POSTROAD_SERVICE names no service; the text lists them.
    """
    name = os.environ.get("POSTROAD_SERVICE", "").replace("-", "_")
    if not name:
        return SERVICES
    if name not in SERVICES:
        raise SystemExit(f"postroad: POSTROAD_SERVICE {name!r} is no service; choose one of: {', '.join(SERVICES)}.")
    return (name,)
