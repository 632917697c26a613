"""The one registry of this process.  Not: shared; serve it with one worker process and many threads."""

import time
from functools import lru_cache

from postroad.conf import settings
from postroad.discovery.registry.store import Registry


@lru_cache(maxsize=1)
def registry() -> Registry:
    """Return the registry; made at first use."""
    start = time.time() - time.monotonic()  # so that a clock that is set evicts nobody
    return Registry(clock=lambda: start + time.monotonic(), is_self_preserving=settings().registry_self_preservation)
