"""Bodies, headers and saga data as pages show them: without values that are declared sensitive.

See also: `postroad.codecs.showing`, which finds these values.
"""

from django.utils.safestring import SafeString

from postroad.codecs.sensitive import MASK, masked
from postroad.codecs.showing import MAX_READ, shown_body, shown_headers
from postroad.console import render
from postroad.errors import MisconfiguredError
from postroad.messaging.headers import NAMES
from postroad.messaging.inbox import dead_letters
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.sagas import catalog
from postroad.sagas.models import SagaInstance


def body(row: DeadLetter | OutboxMessage) -> SafeString:
    """Return the body of a stored message."""
    if isinstance(row, DeadLetter):
        size, read = dead_letters.body_bytes(row), dead_letters.opening(row, MAX_READ)
    else:
        size, read = len(row.body), bytes(row.body)
    shown = shown_body(row.type, read, size=size)
    return render.body(shown, content_type=row.content_type, size=size if shown is read else None)


def headers(row: DeadLetter | OutboxMessage) -> SafeString:
    """Return the headers of a stored message."""
    return render.named_values(shown_headers(row.type, row.headers, known=NAMES))


def saga_data(saga: SagaInstance) -> SafeString:
    """Return a saga's data; all of it is hidden if this process does not have the saga's definition."""
    try:
        kind = catalog.installed().find(saga.type, saga.version).saga.data
    except MisconfiguredError:
        return render.long_text(f"{MASK} hidden: the saga's definition is not in this process.")
    return render.value(masked(saga.data, kind))
