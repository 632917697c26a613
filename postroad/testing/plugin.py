"""The pytest plugin: `postroad_pump` runs the services of the project's settings by hand, without threads or a broker.

    def test_an_order_travels(postroad_pump):
        order = place_order()
        postroad_pump.until_quiet()
        assert postroad_pump.sent(TicketCreated)

It needs pytest-django, whose fixture `db` it uses.  Nothing of Django is imported before a test asks for the fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from postroad.testing.strict_pump import StrictPump


@pytest.fixture
def postroad_pump(db: None) -> "Iterator[StrictPump]":
    """Relay and consumers of the installed services; an error of a handler fails the test, with its traceback."""
    from postroad.testing.strict_pump import StrictPump  # noqa: PLC0415 - settings are not configured before

    pump = StrictPump()
    yield pump
    pump.close()
