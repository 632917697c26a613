"""The place of a process's one `Postroad` object: the Django application `postroad`, which builds it in `ready`.

Code that Django or Celery starts (a command, a page of the admin, a bootstep, a pool's process) reads it here once and
passes it on; so do the functions that services call without it, such as `start`.  Nothing else reads it.
It is untyped here, because this module is below the parts: read it with `composition.installed` or `catalog.installed`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.apps import apps

from postroad.errors import MisconfiguredError

_LABEL = "postroad"


def current() -> Any:
    """Return the `Postroad` of this process.

    Raises:
        MisconfiguredError: Django is not set up, or the application is not installed.
    """
    if not apps.is_installed(_LABEL):
        raise MisconfiguredError(
            "'postroad' is not in INSTALLED_APPS; add 'postroad.messaging', 'postroad.sagas' and 'postroad'."
        )
    made = getattr(_holder(), "postroad", None)
    if made is None:
        raise MisconfiguredError("Postroad is used before Django is ready; call django.setup() first, or use it later.")
    return made


@contextmanager
def installing(made: object) -> Iterator[None]:
    """Replace the `Postroad` object of this process during a block, as a test does."""
    holder = _holder()
    before = holder.postroad
    holder.postroad = made
    try:
        yield
    finally:
        holder.postroad = before


def _holder() -> Any:
    return cast("Any", apps.get_app_config(_LABEL))
