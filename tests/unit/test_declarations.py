from typing import Any

import pytest

from postroad.codecs.names import NameRegistry, description_of
from postroad.codecs.registry import JSON, codec_for
from postroad.codecs.types import Message, NonEmpty, Positive
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done, command, reply
from postroad.commands.refusals import refuse
from postroad.errors import InvalidDeclaration, InvalidMessage, UnknownContentType, UnknownMessageType
from postroad.events.handlers import EventHandlers
from postroad.messaging.channels import CommandChannel, EventChannel, shard_of
from tests.support.shop import BAKERY, LOAVES, TILL, Bake, Baked, LoafBaked, Throw


@reply("shop.Line")
class Line(Message):
    item_id: str


@reply("shop.Listed", version="1.1")
class Listed(Message):
    line_items: NonEmpty[tuple[Line, ...]]
    count: Positive = 1


def test_a_message_is_camel_case_on_the_wire_and_reads_back_equal() -> None:
    message = Listed(line_items=(Line(item_id="a"),), count=2)

    body = JSON.encode(message)

    assert body == b'{"lineItems":[{"itemId":"a"}],"count":2}'
    assert JSON.decode(body, Listed) == message


def test_a_reader_ignores_what_it_does_not_know_and_supplies_what_is_missing() -> None:
    read = JSON.decode(b'{"lineItems":[{"itemId":"a","colour":"red"}],"later":[1]}', Listed)

    assert read == Listed(line_items=(Line(item_id="a"),), count=1)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "malformed"),
        (b"[]", "Expected `object`"),
        (b'{"lineItems":[]}', "$.lineItems"),
        (b'{"lineItems":[{}]}', "itemId"),
        (b'{"lineItems":[{"itemId":"a"}],"count":0}', "$.count"),
        (b'{"lineItems":[{"itemId":"a"}],"count":1e400}', "$.count"),
        (b'{"x":' + b"[" * 100_000, "recursion"),
        (rb'{"lineItems":[{"itemId":"a\u0000"}]}', "NUL"),
    ],
)
def test_a_body_that_does_not_fit_is_named_with_its_path(body: bytes, path: str) -> None:
    with pytest.raises(InvalidMessage, match=r"shop.Listed") as caught:
        JSON.decode(body, Listed)

    assert path in str(caught.value)


def test_text_that_only_looks_like_an_escaped_nul_is_read() -> None:
    assert JSON.decode(rb'{"itemId":"a\\u0000"}', Line).item_id == r"a\u0000"


def test_a_message_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Line(item_id="a").item_id = "b"  # type: ignore[misc]  # the point of the test


@pytest.mark.parametrize("name", ["Listed", "shop", "Shop.Listed", "shop.Li sted", "shop..X", ""])
def test_a_wire_name_that_others_could_not_rely_on_is_refused(name: str) -> None:
    with pytest.raises(InvalidDeclaration, match=r"write service.Name"):
        reply(name)


def test_a_key_that_is_no_field_is_refused_with_the_fields() -> None:
    with pytest.raises(InvalidDeclaration, match=r"key 'oder_id' is not a field of it; fields: item_id"):
        command("shop.Buy", on=BAKERY, key="oder_id")(Line)


def test_a_subclass_does_not_inherit_the_declaration() -> None:
    class Special(Baked):
        pass

    with pytest.raises(InvalidDeclaration, match=r"is not declared as a message"):
        description_of(Special)


def test_two_classes_with_one_wire_name_are_refused() -> None:
    @reply("bakery.Baked")
    class Other(Message):
        pass

    with pytest.raises(InvalidDeclaration, match=r"declared twice"):
        NameRegistry([Baked, Other])


def test_an_unknown_wire_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownMessageType, match=r"'bakery.Cook' is not known here; known: bakery.Baked"):
        NameRegistry([Baked]).find("bakery.Cook")


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", ""])
def test_json_is_found_by_its_content_type(content_type: str) -> None:
    assert codec_for(content_type) is JSON


def test_an_unknown_content_type_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UnknownContentType, match=r"'text/plain' cannot be read here; known: application/json"):
        codec_for("text/plain")


def test_a_command_of_another_channel_is_refused_in_a_handler_table() -> None:
    with pytest.raises(InvalidDeclaration, match=r"goes to channel 'bakery', not 'till'"):
        CommandHandlers(TILL, {Bake: lambda _: Done()})


def test_a_handler_annotated_for_another_command_is_refused() -> None:
    def handle(message: Throw) -> Done:
        return Done()

    with pytest.raises(InvalidDeclaration, match=r"the table gives it Bake"):
        CommandHandlers(BAKERY, {Bake: handle})


def test_a_handler_with_an_undeclared_reply_is_refused() -> None:
    def handle(message: Bake) -> Done:
        return Done()

    with pytest.raises(InvalidDeclaration, match=r"returns Done, which Bake does not declare"):
        CommandHandlers(BAKERY, {Bake: handle})


def test_an_event_of_another_channel_is_refused_in_a_handler_table() -> None:
    with pytest.raises(InvalidDeclaration, match=r"is published on 'bakery.Loaf', not on 'other.Thing'"):
        EventHandlers("counter.x", of=EventChannel("other.Thing"), handlers={LoafBaked: lambda _: None})


def test_refusing_with_a_success_is_refused() -> None:
    with pytest.raises(InvalidDeclaration, match=r"is not a refusal"):
        refuse(Baked(loaves=1))


@pytest.mark.parametrize("arguments", [("Kitchen",), ("",), ("kit chen",), ("kitchen", 0), ("kitchen", 257)])
def test_a_channel_that_cannot_be_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidDeclaration, match=r"channel"):
        CommandChannel(*arguments)


def test_the_shard_is_the_crc_of_the_key() -> None:
    assert [shard_of(key, 4) for key in ("1", "2", "42", "ключ")] == [3, 1, 0, 2]
    assert BAKERY.address("1").route == "3"
    assert LOAVES.address("1", "bakery.LoafBaked").route == "3.bakery.LoafBaked"
