"""What the tests of order_history begin with."""

import pytest

from apps.order_history import usecases
from tests.apps.order_history.events import deliver, order_created


@pytest.fixture
def order(db: None) -> int:
    """A new order, created at noon."""
    deliver(usecases.keep_order, order_created())
    return 99
