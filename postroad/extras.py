"""Optional packages: who imports one says which extra of the distribution brings it."""

from collections.abc import Iterator
from contextlib import contextmanager

from postroad.errors import MissingExtra


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import optional packages inside of this.

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
