"""What the tests of accounting begin with."""

from collections.abc import Callable
from functools import partial

import pytest

from apps.accounting import usecases
from apps.consumers.messages import ConsumerCreated
from postroad import Message, unit_of_work
from tests.support.wire import OnWire, announced_on, answer_to

Ask = Callable[[Message], OnWire]

ADA = ConsumerCreated(consumer_id=5, first_name="Ada", last_name="Lovelace")


@pytest.fixture
def ada(db: None) -> ConsumerCreated:
    """A consumer whose account is open."""
    with unit_of_work():
        usecases.keep_consumer(ADA)
    return ADA


@pytest.fixture
def ask(db: None) -> Ask:
    """Send accounting a command under a new message id; the answer is the reply's name and body."""
    return partial(answer_to, service="accounting")


@pytest.fixture
def announced(db: None) -> Callable[[], list[OnWire]]:
    """The events of accounts so far."""
    return partial(announced_on, "accounting.Account")
