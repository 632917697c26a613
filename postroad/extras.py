"""Imports of optional packages: the error for a missing one names the extra that contains it."""

from collections.abc import Iterator
from contextlib import contextmanager

from postroad.errors import MissingExtra


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Run a block that imports optional packages.

    Raises:
        MissingExtra: One of them is not installed; the text is one line with what to run.
    """
    try:
        yield
    except MissingExtra:
        raise
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"the package {error.name!r} is not installed; run: pip install 'postroad[{extra}]'", name=error.name
        ) from error
