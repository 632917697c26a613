"""What a saga's data hold is what they are read as, or they are refused when they are stored."""

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.codecs.types import Money
from postroad.errors import InvalidMessage
from postroad.ids import new_id
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas import repository
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.sagas.steps import SagaData
from tests.support.shop import Sale, Shop, sell

pytestmark = pytest.mark.django_db


class Line(msgspec.Struct):
    number: int
    price: Money


class Held(SagaData):
    """Every kind of field."""

    number: int = 0
    ratio: float | None = None
    text: str = ""
    price: Money = Decimal(0)
    at: datetime | None = None
    on: date | None = None
    took: timedelta | None = None
    raw: bytes = b""
    by_number: dict[int, Decimal] = {}
    by_name: dict[str, int] = {}
    names: frozenset[str] = frozenset()
    lines: tuple[Line, ...] = ()
    anything: Any = None


TEXT = st.one_of(st.text(max_size=20), st.text(st.characters(codec=None), max_size=3), st.just("\0"))
NUMBER = st.one_of(st.integers(), st.sampled_from([2**63, 10**40, -(10**400)]))
PRICE = st.decimals()
UNTYPED_FLOAT = st.floats(-1e15, 1e15)  # of a larger one jsonb keeps the digits, not that it was a float
DATA = st.builds(
    Held,
    number=NUMBER,
    ratio=st.one_of(st.none(), st.floats()),
    text=TEXT,
    price=PRICE,
    at=st.one_of(st.none(), st.datetimes(timezones=st.one_of(st.none(), st.just(UTC), st.timezones()))),
    on=st.one_of(st.none(), st.dates()),
    took=st.one_of(st.none(), st.timedeltas()),
    raw=st.binary(max_size=5),
    by_number=st.dictionaries(NUMBER, PRICE, max_size=2),
    by_name=st.dictionaries(TEXT, NUMBER, max_size=2),
    names=st.frozensets(TEXT, max_size=2),
    lines=st.lists(st.builds(Line, number=NUMBER, price=PRICE), max_size=2).map(tuple),
    anything=st.one_of(
        st.none(), NUMBER, UNTYPED_FLOAT, TEXT, st.lists(st.integers()), PRICE, st.dictionaries(TEXT, NUMBER)
    ),
)


def stored(data: SagaData) -> SagaInstance:
    instance = SagaInstance(id=new_id(), type="test.Held", version=1, key="1", status="RUNNING")
    repository.write_data(instance, data)
    instance.save(force_insert=True)
    return SagaInstance.objects.get(pk=instance.pk)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=DATA)
def test_data_are_read_as_they_were_stored_or_refused(data: Held) -> None:
    try:
        instance = stored(data)
    except InvalidMessage:
        return  # the next test looks at the text

    assert repository.read_data(instance, Held) == data


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ratio": math.nan}, "$.ratio = nan"),
        ({"price": Decimal("Infinity")}, "$.price = Decimal('Infinity')"),
        ({"text": "\0"}, r"$.text = '\x00'"),
        ({"number": "7"}, "$.number = '7'"),
        ({"lines": [Line(number=1, price=Decimal(1))]}, "expected `tuple`, got `list`"),
        ({"at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=1)))}, "$.at = "),
        ({"anything": object()}, "$.anything = <object object"),
    ],
)
def test_data_that_could_not_be_read_are_refused_with_field_and_value(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        stored(Held(**fields))

    assert said in str(caught.value)


def test_a_saga_is_not_started_with_data_that_could_not_be_read(shop: Shop) -> None:
    with (
        pytest.raises(InvalidMessage, match=r"counter.Sell .*: its data cannot be written: \$\.reason = "),
        unit_of_work(),
    ):
        start_saga(sell, Sale(order_id=1, reason="\0"))

    assert not SagaInstance.objects.exists()
