"""What is sent is what is read: every declared type, and any type that may be declared, whatever its fields hold."""

import enum
import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from importlib import import_module
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroad.codecs.json import write
from postroad.codecs.names import Description, describe, description_of
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message, MessageMeta, Money, NonEmpty, NonNegative, Positive, Text
from postroad.errors import InvalidDeclaration, InvalidMessage
from tests.support.shop import Bake

PLACES = [
    *(f"apps.{name}.messages" for name in ("accounting", "consumers", "delivery", "kitchen", "orders", "restaurants")),
    *(f"apps.orders.sagas.{name}" for name in ("create_order", "cancel_order", "revise_order")),
    "postroad.commands.messages",
    "postroad.events.snapshots",
    "postroad.sagas.participants.unlocking",
    "tests.support.shop",
]


def declared() -> Iterator[type[Message]]:
    """Every message class of the reference system and of the library, values inside messages and saga data too."""
    for place in PLACES:
        for value in vars(import_module(place)).values():
            if isinstance(value, type) and issubclass(value, Message) and value.__module__ == place:
                yield value


DECLARED = sorted(set(declared()), key=lambda message: (message.__module__, message.__name__))


class Colour(enum.Enum):
    RED = "red"


class Painted(Message):
    colour: Colour


describe(Painted, Description(name="test.Painted"))


class Size(enum.IntEnum):
    BIG = 2


class Word(enum.StrEnum):
    YES = "yes"


class Inner(Message):
    number: int
    price: Money = Decimal(0)


LIMITS = [
    -(2**63) - 1, -(2**63), -1, 0, 1, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**30, 10**4000,
    math.nan, math.inf, -math.inf, -0.0, 1e308, 5e-324, 0.1, 3.0,
]  # fmt: skip
DECIMALS = [
    Decimal(text) for text in ("NaN", "sNaN", "-NaN12", "Infinity", "-Infinity", "-0", "1E+3", "1E-400", "0.10")
]
TEXTS = [
    "",
    "\0",
    "a\0b",
    "\ud800",
    "\udfff\ud800",
    "x" * 1000,
    "x" * 1001,
    "ü" * 1000,
    "NaN",
    "Nancy",
    "inf",
    r"\u0000",
]
MOMENTS = [
    datetime(1, 1, 1),  # noqa: DTZ001 - a naive one is part of the hunt
    datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1, seconds=30))),
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-12))),
    date(2026, 1, 1),
    time(1, 2, 3, tzinfo=UTC),
    time(1, 2, tzinfo=timezone(timedelta(seconds=1))),
    timedelta.max,
    timedelta.min,
    timedelta(microseconds=-1),
]
OTHERS = [
    None,
    True,
    False,
    b"",
    b"\0\xff",
    Colour.RED,
    Size.BIG,
    Word.YES,
    object(),
    {1},
    [],
    (),
    {},
    Inner(number=1),
    UUID(int=1),
]
LEAVES = st.one_of(
    st.sampled_from([*LIMITS, *DECIMALS, *TEXTS, *MOMENTS, *OTHERS]),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(),
    st.text(st.characters(codec=None)),  # halves of surrogate pairs too
    st.datetimes(timezones=st.one_of(st.none(), st.timezones())),
    st.timedeltas(),
    st.binary(max_size=8),
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.one_of(st.text(max_size=3), st.integers(), st.sampled_from(TEXTS)), inner, max_size=3),
    ),
    max_leaves=4,
)
FITTING: dict[type, st.SearchStrategy[Any]] = {
    msgspec.inspect.IntType: st.integers(min_value=1, max_value=2**63 - 1),
    msgspec.inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.StrType: st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=50),
    msgspec.inspect.DecimalType: st.decimals(allow_nan=False, allow_infinity=False),
    msgspec.inspect.DateTimeType: st.datetimes(timezones=st.just(UTC)),
    msgspec.inspect.NoneType: st.none(),
}


def fitting(kind: Any) -> st.SearchStrategy[Any]:
    """Return values that a declared type allows."""
    match kind:
        case msgspec.inspect.StructType():
            return st.builds(kind.cls, **{field.name: fitting(field.type) for field in kind.fields})
        case msgspec.inspect.VarTupleType():
            return st.lists(fitting(kind.item_type), min_size=1, max_size=3).map(tuple)
        case msgspec.inspect.UnionType():
            return st.one_of([fitting(one) for one in kind.types])
        case msgspec.inspect.DictType():
            return st.dictionaries(fitting(kind.key_type), fitting(kind.value_type), max_size=3)
    return FITTING[type(kind)]


def encode(message: Message) -> bytes:
    try:
        description_of(type(message))
    except InvalidDeclaration:
        return write(message, name="test.Value")
    return JSON.encode(message)


def decode(body: bytes, kind: type[Message]) -> Message:
    return msgspec.json.decode(body, type=kind)


@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_declared_type_reads_what_it_may_hold(kind: type[Message], data: st.DataObject) -> None:
    message = data.draw(fitting(msgspec.inspect.type_info(kind)))

    assert decode(encode(message), kind) == message


@pytest.mark.parametrize("kind", DECLARED, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_a_declared_type_holds_is_read_the_same_or_refused(kind: type[Message], data: st.DataObject) -> None:
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    message = data.draw(
        st.builds(kind, **{field.name: st.one_of(fitting(field.type), ANYTHING) for field in info.fields})
    )

    is_read_or_refused(message)


def is_read_or_refused(message: Message) -> None:
    kind = type(message)
    try:
        body = encode(message)
    except InvalidMessage as error:
        text = str(error)
        assert "cannot be written: $" in text
        assert len(text) < 700
        return
    read = decode(body, kind)
    assert read == message
    assert all(is_of_the_same_kind(getattr(message, name), getattr(read, name)) for name in kind.__struct_fields__)


def is_of_the_same_kind(sent: object, read: object) -> bool:
    """Whether a field is read as what it was; an `int` may stand for a `float`, a member for its value."""
    return isinstance(sent, type(read)) or isinstance(read, type(sent)) or (type(sent), type(read)) == (int, float)


TYPES = [
    int, float, str, bool, bytes, Decimal, datetime, date, time, timedelta, UUID, Any, Colour, Size, Word, Inner,
    Positive, NonNegative, Text, NonEmpty[tuple[int, ...]], NonEmpty[str], tuple[int, str], list[float], set[int],
    frozenset[str], dict[str, int], dict[int, Decimal], dict[str, Any], tuple[Inner, ...], int | None, float | None,
    Decimal | None, str | int, datetime | None, list[Any],
]  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(kinds=st.lists(st.sampled_from(TYPES), min_size=1, max_size=3), data=st.data())
def test_whatever_any_type_holds_is_read_the_same_or_refused(kinds: list[Any], data: st.DataObject) -> None:
    fields = {f"field_{number}": kind for number, kind in enumerate(kinds)}
    made: Any = MessageMeta("Made", (Message,), {"__annotations__": fields, "__module__": __name__})
    describe(made, Description(name="test.Made"))

    is_read_or_refused(made(**{name: data.draw(ANYTHING) for name in fields}))


class Held(Message):
    number: int = 0
    price: Money = Decimal(0)
    text: str = ""
    ratio: float | None = None
    at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    lines: tuple[Inner, ...] = ()
    by_name: dict[str, Decimal] = {}
    anything: Any = None


describe(Held, Description(name="test.Held"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"price": Decimal("NaN")}, "$.price = Decimal('NaN'): NaN is not a finite number"),
        ({"price": Decimal("-Infinity")}, "$.price = Decimal('-Infinity'): -Infinity is not a finite number"),
        ({"price": 5}, "$.price = 5: expected `Decimal`, got `int`"),
        ({"price": 5.5}, "$.price = 5.5: expected `Decimal`, got `float`"),
        ({"price": "5.50"}, "$.price = '5.50': expected `str`, got `str`"),
        ({"ratio": math.nan}, "$.ratio = nan: expected `NoneType`, got `float`"),
        ({"ratio": 2**53 + 1}, "$.ratio = 9007199254740993: it is read as 9007199254740992.0"),
        ({"number": "7"}, "$.number = '7': Expected `int`, got `str`"),
        ({"number": None}, "$.number = None: Expected `int`, got `null`"),
        ({"number": True}, "$.number = True: Expected `int`, got `bool`"),
        ({"number": 10**5000}, "$.number = a int: Exceeds the limit"),
        ({"text": "a\0b"}, r"$.text = 'a\x00b': it has a NUL character"),
        ({"text": "\ud800"}, r"$.text = '\ud800': 'utf-8' codec can't encode character"),
        ({"text": "x" * 500 + "\ud800"}, f"$.text = '{'x' * 60}': 'utf-8' codec"),
        ({"at": datetime(2026, 1, 1, tzinfo=timezone(timedelta(seconds=30)))}, "$.at = datetime.datetime(2026, 1, 1"),
        ({"lines": [Inner(number=1)]}, "expected `tuple`, got `list`"),
        ({"lines": (Inner(number=1), Inner(number="x"))}, "$.lines[1].number = 'x': Expected `int`, got `str`"),  # type: ignore[arg-type]
        ({"lines": (Inner(number=1, price=Decimal("sNaN")),)}, "$.lines[0].price = Decimal('sNaN')"),
        ({"by_name": {"a": Decimal(1), "b": Decimal("Infinity")}}, "$.byName['b']"),
        ({"by_name": {"a\0": Decimal(1)}}, "it has a NUL character"),
        ({"anything": {1: 2}}, "$.anything = {1: 2}: it is read as something else"),
        ({"anything": {"a": (1,)}}, "$.anything['a'] = (1,): expected `list`, got `tuple`"),
        ({"anything": object()}, "Encoding objects of type object is unsupported"),
        ({"anything": Decimal(1)}, "$.anything = Decimal('1'): expected `str`, got `Decimal`"),
    ],
)
def test_a_field_that_cannot_be_read_is_named_with_type_and_value(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        JSON.encode(Held(**fields))

    assert str(caught.value).startswith("test.Held cannot be written: $")
    assert said.replace("expected `str`, got `str`", "expected `Decimal`, got `str`") in str(caught.value)


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_the_largest_numbers_are_sent(number: int) -> None:
    assert JSON.decode(JSON.encode(Bake(order_id=number)), Bake).order_id == number


@pytest.mark.parametrize("number", [0, -1, 2**63])
def test_a_number_beyond_the_type_is_refused(number: int) -> None:
    with pytest.raises(InvalidMessage, match=rf"bakery.Bake cannot be written: \$\.orderId = {number}: Expected `int`"):
        JSON.encode(Bake(order_id=number))


def test_an_int_may_stand_for_the_same_float() -> None:
    assert JSON.decode(JSON.encode(Held(ratio=3, price=Decimal(1))), Held).ratio == 3.0


@pytest.mark.parametrize(
    "body",
    [
        b'{"price":"NaN"}',
        b'{"price":"-iNfinity"}',
        b'{"price":"snan5"}',
        b'{"lines":[{"number":1,"price":"inf"}]}',
        rb'{"text":"\u0000"}',
        rb'{"byName":{"\u0000":"1"}}',
        rb'{"text":"\ud800"}',
        b'{"number":1' + b"0" * 5000 + b"}",
        b'{"number":1e400}',
        b'{"anything":' + b"[" * 990 + rb'"\u0000"' + b"]" * 990 + b"}",
    ],
)
def test_a_body_that_nobody_could_keep_is_no_message(body: bytes) -> None:
    with pytest.raises(InvalidMessage, match=r"test.Held: the body does not fit"):
        JSON.decode(body, Held)


def test_the_middle_of_a_long_error_is_left_out_and_its_end_names_the_field() -> None:
    long = msgspec.json.encode({"colour": "x" * 100_000})
    with pytest.raises(
        InvalidMessage, match=r"the body does not fit: Invalid enum value 'xx+…x+' - at `\$\.colour`$"
    ) as caught:
        JSON.decode(long, Painted)

    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["NaN", "Nancy", "inf", "Infinity", "information", r"\u0000"])
def test_words_that_look_like_no_number_are_text(text: str) -> None:
    message = Held(text=text, by_name={text: Decimal(1)}, anything=[text])

    assert JSON.decode(JSON.encode(message), Held) == message


def test_the_list_of_declared_types_is_not_empty() -> None:
    assert len(DECLARED) > 60
