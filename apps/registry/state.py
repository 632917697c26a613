"""The one registry of this process."""

import time
from functools import lru_cache

from apps.registry.bounds import Bounds
from apps.registry.store import Registry
from postroad.calls.discovery.conf import RegistrySettings


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the registry; made at first use."""
    start = time.time() - time.monotonic()  # so that setting the clock evicts no instance
    given = RegistrySettings.current()
    return Registry(
        clock=lambda: start + time.monotonic(),
        is_self_preserving=given.registry_self_preservation,
        bounds=Bounds(
            instances=given.registry_instances,
            app_instances=given.registry_app_instances,
            instance_bytes=given.registry_instance_bytes,
        ),
    )
