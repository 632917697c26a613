"""What a message declares sensitive is sent whole, and shown to nobody."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypedDict, TypeVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.codecs.names import Description, describe
from postroad.codecs.registry import JSON
from postroad.codecs.sensitive import MASK, has_sensitive, hide_in, masked
from postroad.codecs.showing import shown_body, shown_headers, shown_text
from postroad.codecs.types import Message, NonEmpty, Positive, Sensitive, Text
from postroad.errors import InvalidDeclaration, InvalidMessage
from postroad.sagas.definition import Saga
from postroad.sagas.steps import SagaData, Step

T = TypeVar("T")


class Card(Message):
    number: Annotated[Text, Sensitive]
    brand: Text = "visa"


@dataclass
class Place:
    street: Annotated[str, Sensitive]
    city: str = "Oakland"


class Phone(TypedDict):
    digits: Annotated[str, Sensitive]
    country: int


class Pair(msgspec.Struct, array_like=True):
    open: str
    secret: Annotated[str, Sensitive]


class Cash(msgspec.Struct, tag="cash"):
    coins: int


class Cheque(msgspec.Struct, tag="cheque"):
    account: Annotated[str, Sensitive]


class Box(msgspec.Struct, Generic[T]):
    inside: T


class Pay(Message):
    order_id: Positive
    card: Card
    cards: NonEmpty[tuple[Card, ...]]
    words: list[Annotated[str, Sensitive]]
    by_name: dict[str, Card]
    by_secret: dict[Annotated[str, Sensitive], int]
    place: Place | None
    phone: Phone
    pair: Pair
    means: Cash | Cheque
    box: Box[Annotated[str, Sensitive]]
    born: Annotated[date | None, Sensitive] = None
    note: str = "rings twice"


describe(Pay, Description(name="till.Pay", key="order_id"))

SECRET = "s3cr3t-4111"  # noqa: S105 - a made-up card


def pay(secret: str = SECRET) -> Pay:
    card = Card(number=secret)
    return Pay(
        order_id=7, card=card, cards=(card,), words=[secret], by_name={"mine": card}, by_secret={secret: 1},
        place=Place(street=secret), phone={"digits": secret, "country": 1}, pair=Pair("a", secret),
        means=Cheque(account=secret), box=Box(inside=secret), born=date(1999, 12, 31),
    )  # fmt: skip


def test_a_marked_value_is_hidden_at_any_depth_and_the_rest_is_shown() -> None:
    shown = masked(json.loads(JSON.encode(pay())), Pay)

    assert SECRET not in json.dumps(shown)
    assert shown == {
        "orderId": 7,
        "card": {"number": MASK, "brand": "visa"},
        "cards": [{"number": MASK, "brand": "visa"}],
        "words": [MASK],
        "byName": {"mine": {"number": MASK, "brand": "visa"}},
        "bySecret": {f"{MASK}0": 1},
        "place": {"street": MASK, "city": "Oakland"},
        "phone": {"digits": MASK, "country": 1},
        "pair": MASK,
        "means": {"type": "cheque", "account": MASK},
        "box": {"inside": MASK},
        "born": MASK,
        "note": "rings twice",
    }


secrets = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).map(
    lambda text: f"\u00a7{text}\u00a7{len(text)}"
)


@given(secret=secrets)
def test_no_text_that_is_made_of_a_message_holds_a_marked_value(secret: str) -> None:
    message = pay(secret)
    body = JSON.encode(message)
    quoted = [
        secret,
        repr(secret),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        f"'{secret!s}'",
        str({secret}),
    ]

    hidden = [hide_in(f"ValueError: {each} is refused", body, [Pay]) for each in quoted]

    assert [text for text in hidden if secret in text] == []
    assert [text for text in hidden if MASK not in text] == []
    assert secret not in repr(message)
    assert secret not in shown_body("till.Pay", body).decode()
    assert JSON.decode(body, Pay) == message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.just(SECRET),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["number", "card", "x", "street"]), inner),
    max_leaves=8,
)  # fmt: skip


@given(value=st.dictionaries(st.sampled_from(["card", "cards", "words", "place", "pair", "box", "new"]), json_values))
def test_a_value_of_another_shape_than_declared_is_hidden(value: dict[str, object]) -> None:
    assert SECRET not in json.dumps(masked(value, Pay))


def test_a_message_prints_what_is_open() -> None:
    assert repr(Card(number=SECRET)) == f"Card(number={MASK}, brand='visa')"
    assert f"card={Card(number=SECRET)!r}" in repr(pay())


def test_a_moment_is_hidden_however_it_is_written() -> None:
    shown = shown_text("born 1999-12-31, datetime.date(1999, 12, 31)", "till.Pay", JSON.encode(pay()))

    assert shown == f"born {MASK}, {MASK}"


def test_a_short_value_is_hidden_as_a_word_only() -> None:
    body = json.dumps({"words": ["7"]}).encode()

    assert hide_in("line 17: 7 is refused", body, [Pay]) == f"line 17: {MASK} is refused"


def test_an_error_of_the_codec_does_not_quote_a_marked_value() -> None:
    class Order(Message):
        size: Annotated[msgspec.Raw, Sensitive] | None = None
        kind: Annotated[str, Sensitive, msgspec.Meta(pattern="^x$")] = "x"

    describe(Order, Description(name="till.Order"))
    with pytest.raises(InvalidMessage) as raised:
        JSON.decode(b'{"kind": "s3cr3t-4111"}', Order)

    assert SECRET not in str(raised.value)


def test_a_type_that_marks_nothing_is_shown_as_it_is() -> None:
    class Open(Message):
        order_id: int

    describe(Open, Description(name="till.Open"))

    assert shown_body("till.Open", b'{"orderId": 7, "new": 1') == b'{"orderId": 7, "new": 1'


@pytest.mark.parametrize(
    ("type_name", "body"),
    [("till.Nobody", b'{"card": "s3cr3t-4111"}'), ("", b"s3cr3t-4111"), ("till.Pay", b'{"card": "s3cr3t-4111"')],
)
def test_what_nobody_can_judge_is_hidden_whole(type_name: str, body: bytes) -> None:
    shown = shown_body(type_name, body).decode()

    assert SECRET not in shown
    assert f"{MASK} {len(body)} bytes are hidden" in shown


def test_a_header_of_the_senders_own_is_hidden_where_the_body_is() -> None:
    given_ones = {"kind": "command", "authorization": SECRET}

    assert shown_headers("till.Nobody", given_ones, known=frozenset({"kind"})) == {
        "kind": "command",
        "authorization": MASK,
    }


def test_a_key_cannot_be_sensitive() -> None:
    class Lookup(Message):
        number: Annotated[str, Sensitive]

    class LookupData(SagaData):
        number: Annotated[str, Sensitive]

    def nothing(data: LookupData) -> None: ...

    with pytest.raises(InvalidDeclaration, match="key 'number' is Sensitive"):
        describe(Lookup, Description(name="till.Lookup", key="number"))
    with pytest.raises(InvalidDeclaration, match="key 'number' is Sensitive"):
        Saga("till.LookUp", version=1, data=LookupData, key="number", steps=[Step("a", do=nothing)])


def test_a_type_that_names_itself_can_be_judged() -> None:
    assert has_sensitive(Pay)
    assert not has_sensitive(Tree)
    assert masked({"branches": [{"branches": [], "leaf": "x"}], "leaf": "y"}, Tree)


class Tree(Message):
    leaf: str
    branches: tuple["Tree", ...] = ()
