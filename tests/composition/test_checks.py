"""`manage.py check` on tables that are not read, and on parts that are missing."""

import pytest

from tests.composition.test_services import MESSAGES, handlers
from tests.support.projects import Project


@pytest.fixture
def shop(project: Project) -> Project:
    project.write("shop_messages", messages=MESSAGES)
    return project


def test_the_reference_system_has_no_problem(project: Project) -> None:
    assert project.problems() == []


@pytest.mark.parametrize(
    ("line", "name", "right"),
    [
        ("COMMAND = CommandHandlers(SALES, {Quote: quote, Sell: sell})", "COMMAND", "COMMANDS"),
        ("Events = (EventHandlers('sales.sold', of=ORDERS, handlers={Sold: sold}),)", "Events", "EVENTS"),
        ("SAGA = [sale()]", "SAGA", "SAGAS"),
        ("_snapshots = Snapshots(ORDERS, page)", "_snapshots", "SNAPSHOTS"),
    ],
)
def test_a_table_whose_name_nobody_reads_is_found(shop: Project, line: str, name: str, right: str) -> None:
    shop.write("sales", handlers=handlers(line))
    shop.install("sales")

    [problem] = [problem for problem in shop.problems() if problem.id == "postroad.E012"]

    assert f"sales.handlers.{name} is a table" in problem.msg
    assert f"Call it {right};" in str(problem.hint)


def test_a_table_that_is_listed_in_another_one_is_read(shop: Project) -> None:
    lines = "_SOLD = EventHandlers('sales.sold', of=ORDERS, handlers={Sold: sold})", "EVENTS = (_SOLD,)"
    shop.write("sales", handlers=handlers(*lines))
    shop.install("sales")

    assert [problem for problem in shop.problems() if problem.id == "postroad.E012"] == []


def test_a_command_of_the_service_that_nobody_handles_is_found(shop: Project) -> None:
    shop.write("sales", handlers=handlers("COMMANDS = CommandHandlers(SALES, {Sell: sell})"))
    shop.install("shop_messages", "sales", service="sales")

    [problem] = [problem for problem in shop.problems() if problem.id == "postroad.W014"]

    assert problem.hint == "Add it to COMMANDS in shop_messages.handlers, or remove it."
    assert "sales.Quote goes to channel 'sales'" in problem.msg


def test_a_command_of_another_service_is_none_of_ours(shop: Project) -> None:
    shop.write("billing", handlers=handlers("EVENTS = EventHandlers('billing.sold', of=ORDERS, handlers={Sold: sold})"))
    shop.install("shop_messages", "billing", service="billing")

    assert shop.problems() == []


def test_an_event_whose_channel_no_application_declares_is_found(shop: Project) -> None:
    messages = MESSAGES.replace("ORDERS = EventChannel", "_ORDERS = ORDERS = EventChannel")
    shop.write("sales", events=messages, handlers="import sales.events\nSAGAS = None")
    shop.write("other", handlers=handlers("COMMANDS = CommandHandlers(SALES, {Quote: quote, Sell: sell})"))
    shop.install("sales", "other", service="sales")

    [problem] = [problem for problem in shop.problems() if problem.id == "postroad.W015"]

    assert "sales.Sold of sales.events is published on 'sales.Order'" in problem.msg
    assert problem.hint == "Import the channel in sales.messages."


@pytest.mark.parametrize(("service", "problems"), [("", 1), ("sales", 1), ("billing", 0)])
def test_an_application_that_is_not_installed_is_found_unless_it_is_another_service(
    shop: Project, service: str, problems: int
) -> None:
    shop.write("sales", handlers=handlers("COMMANDS = CommandHandlers(SALES, {})", "NAME = 'sales.sold'"))
    shop.write("plain", handlers="COMMANDS = None")
    shop.install("shop_messages", service=service)

    found = [problem.hint for problem in shop.problems() if problem.id == "postroad.W013"]

    assert found == ["Add 'sales' to INSTALLED_APPS, or remove the tables."] * problems


def test_an_application_beside_installed_ones_is_named_as_they_are(shop: Project) -> None:
    shop.write("parts")
    shop.write("parts/one", handlers=handlers("EVENTS = ()"))
    shop.write("parts/two", handlers=handlers("EVENTS = ()"))
    shop.install("parts.one")

    found = [str(problem.hint) for problem in shop.problems() if problem.id == "postroad.W013"]

    assert found == ["Add 'parts.two' to INSTALLED_APPS, or remove the tables."]
