"""Several applications make one service, or each one of its own."""

import pytest

from postroad.composition import compose
from postroad.errors import InvalidDeclaration
from postroad.tables import installed_services
from tests.support.projects import Project

MESSAGES = """
    from postroad.codecs.types import Message
    from postroad.commands.messages import Done, command
    from postroad.events.messages import event
    from postroad.messaging.channels import CommandChannel, EventChannel

    SALES = CommandChannel("sales", shards=2)
    ORDERS = EventChannel("sales.Order", shards=2)

    @command("sales.Quote", on=SALES, key="number", replies=(Done,))
    class Quote(Message):
        number: int

    @command("sales.Sell", on=SALES, key="number", replies=(Done,))
    class Sell(Message):
        number: int

    @event("sales.Sold", of=ORDERS, key="number")
    class Sold(Message):
        number: int
"""
IMPORTS = """
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots
from postroad.messaging.channels import CommandChannel
from postroad.sagas.definition import Saga
from postroad.sagas.steps import SagaData, Step
from shop_messages.messages import *

def quote(message: Quote) -> Done:
    return Done()

def sell(message: Sell) -> Done:
    return Done()

def sold(message: Sold) -> None:
    pass

def page(after: str, most: int) -> list:
    return []

class Sale(SagaData):
    number: int = 0

def make_quote(data: Sale) -> Quote:
    return Quote(number=data.number)

def sale():
    return Saga("sales.Sale", version=1, data=Sale, key="number", steps=[Step("quote", do=make_quote)])
"""


def handlers(*lines: str) -> str:
    return "\n".join([IMPORTS, *lines])


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop_messages", messages=MESSAGES)
    return project


def test_tables_of_two_applications_make_one_service(shop: Project) -> None:
    shop.write(
        "quotes",
        handlers=handlers(
            "COMMANDS = CommandHandlers(SALES, {Quote: quote}, locks={Quote: 'quote'})",
            "EVENTS = EventHandlers('sales.quotes', of=ORDERS, handlers={Sold: sold})",
            "SAGAS = sale()",
        ),
    )
    shop.write(
        "sales",
        handlers=handlers(
            "COMMANDS = (CommandHandlers(SALES, {Sell: sell}), CommandHandlers(CommandChannel('sales.other'), {}))",
            "EVENTS = (EventHandlers('sales.sold', of=ORDERS, handlers={Sold: sold}),)",
            "SNAPSHOTS = (Snapshots(ORDERS, page),)",
        ),
    )
    shop.install("shop_messages", "quotes", "sales", service="sales")

    parts = compose(installed_services("sales"))

    assert parts.services == ("sales",)
    assert sorted(parts.subscriptions) == [
        "sales",
        "sales.other",
        "sales.quotes",
        "sales.replies",
        "sales.snapshots",
        "sales.sold",
    ]
    assert {subscription.service for subscription in parts.subscriptions.values()} == {"sales"}
    assert [[message.__name__ for message in table.handlers] for table in parts.commands] == [["Quote", "Sell"], []]
    assert [lock for table in parts.commands for lock in table.locks.values()] == ["quote"]


def test_without_a_service_name_each_application_is_a_service(shop: Project) -> None:
    shop.write("quotes", handlers=handlers("EVENTS = EventHandlers('quotes.sold', of=ORDERS, handlers={Sold: sold})"))
    shop.write("sales", handlers=handlers("COMMANDS = CommandHandlers(SALES, {Sell: sell})"))
    shop.install("quotes", "sales")

    assert [service.name for service in installed_services("")] == ["quotes", "sales"]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "COMMANDS = CommandHandlers(SALES, {Quote: quote})",
            r"the command Quote: quotes\.handlers\.quote \(COMMANDS of quotes\) and sales\.handlers\.quote \(COMMANDS of sales",
        ),
        (
            "EVENTS = EventHandlers('sales.sold', of=ORDERS, handlers={Sold: sold})",
            r"the subscriber sales\.sold is declared twice: in quotes and in sales; rename or remove one\.",
        ),
        (
            "SAGAS = sale()",
            r"the saga sales\.Sale version 1 is declared twice: in quotes and in sales; rename or remove one\.",
        ),
        (
            "SNAPSHOTS = Snapshots(ORDERS, page)",
            r"snapshots of the channel sales\.Order is declared twice: in quotes and in sales",
        ),
    ],
)
def test_what_two_applications_declare_alike_is_refused_with_both_names(shop: Project, table: str, said: str) -> None:
    shop.write("quotes", handlers=handlers(table))
    shop.write("sales", handlers=handlers(table))

    with pytest.raises(InvalidDeclaration, match=said):
        shop.install("quotes", "sales", service="sales")


def test_one_channel_declared_with_two_numbers_of_shards_is_refused(shop: Project) -> None:
    shop.write("quotes", handlers=handlers("COMMANDS = CommandHandlers(SALES, {})"))
    shop.write("sales", handlers=handlers("COMMANDS = CommandHandlers(CommandChannel('sales', shards=8), {})"))

    with pytest.raises(InvalidDeclaration, match=r"'sales' has 2 shards in quotes and 8 in sales; declare it once"):
        shop.install("quotes", "sales", service="sales")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "COMMANDS = {Sell: sell}",
            r"sales\.handlers: COMMANDS is of type dict; write CommandHandlers\(…\), or a tuple",
        ),
        ("EVENTS = [EventHandlers('sales.sold', of=ORDERS, handlers={})]", r"EVENTS is of type list"),
        ("SAGAS = (sale(), Saga)", r"SAGAS has an entry of type type; write Saga\(…\)"),
        ("SNAPSHOTS = (page,)", r"SNAPSHOTS has an entry of type function; write Snapshots\(…\)"),
    ],
)
def test_a_table_of_another_type_is_refused_with_the_way_out(shop: Project, table: str, said: str) -> None:
    shop.write("sales", handlers=handlers(table))

    with pytest.raises(InvalidDeclaration, match=said):
        shop.install("sales")


def test_a_service_that_only_publishes_declares_its_channels_and_no_queue(shop: Project) -> None:
    shop.install("shop_messages", service="sales")

    parts = compose(installed_services("sales"))

    assert [exchange.name for exchange in parts.topology.exchanges] == ["sales.Order"]
    assert parts.queues == {}


def test_a_messages_module_that_is_not_ours_is_not_imported(project: Project) -> None:
    project.write("stranger", messages="raise ImportError('needs something that is not installed')")
    project.install("stranger", service="sales")

    assert installed_services("sales") == []
