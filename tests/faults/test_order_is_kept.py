"""Three workers share the shards of a channel; one is stopped, one is killed: the order of every key is kept."""

import signal
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from apps.restaurants.messages import RESTAURANTS, Address, Menu, MenuItem, MenuRevised, RestaurantCreated
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.codecs.registry import JSON
from postroad.codecs.types import Message
from postroad.events.messages import event_description
from postroad.ids import new_id
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Envelope, Outgoing
from tests.faults.deployment import BROKER_URL, Deployment, deployed, until

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

KEYS = 24
REVISIONS = 40
WATCH = """
    CREATE TABLE seen (id bigserial PRIMARY KEY, restaurant_id bigint, revision int);
    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen (restaurant_id, revision) VALUES (NEW.restaurant_id, NEW.price::int); RETURN NEW; END $$;
    CREATE TRIGGER see AFTER INSERT ON orders_menuitem FOR EACH ROW EXECUTE FUNCTION see();
"""


def outgoing(message: Message, key: int) -> Outgoing:
    description = event_description(type(message))
    envelope = Envelope(
        id=new_id(), type=description.name, body=JSON.encode(message), headers={"partition-key": str(key)}
    )
    return Outgoing(address=RESTAURANTS.address(str(key), description.name), envelope=envelope)


def menu(revision: int) -> Menu:
    return Menu(menu_items=(MenuItem(id="1", name="dish", price=Decimal(revision)),))


def revisions(first: int, last: int) -> list[Outgoing]:
    """Return menu revisions of every restaurant, the keys mixed."""
    return [
        outgoing(MenuRevised(restaurant_id=key, menu=menu(number)), key)
        for number in range(first, last + 1)
        for key in range(1, KEYS + 1)
    ]


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with deployed(("orders",), tmp_path) as deployment:
        deployment.execute("orders", WATCH)
        for number in (1, 2, 3):
            deployment.start("orders", "worker", number=number)
        yield deployment


def seen(deployment: Deployment) -> int:
    return int(deployment.rows("orders", "SELECT count(*) FROM seen")[0][0])


def send(batch: list[Outgoing]) -> None:
    broker = RabbitMQ(BROKER_URL)
    publisher = broker.publisher()
    assert set(publisher.publish(batch)) == {PublishResult.CONFIRMED}
    publisher.close()
    broker.close()


def test_the_order_of_every_key_is_kept_while_workers_come_and_go(deployment: Deployment) -> None:
    address = Address(street1="1", city="c", state="s", zip="z")
    send([
        outgoing(RestaurantCreated(restaurant_id=key, name="r", address=address, menu=menu(1)), key)
        for key in range(1, KEYS + 1)
    ])  # fmt: skip
    until(lambda: seen(deployment) == KEYS, seconds=60, what="every restaurant is there")
    third = REVISIONS // 3
    send(revisions(2, third))
    until(lambda: seen(deployment) > KEYS * 2, seconds=60, what="revisions are handled")
    deployment.kill("orders-worker-1", signal.SIGTERM)
    send(revisions(third + 1, 2 * third))
    until(lambda: seen(deployment) > KEYS * third, seconds=60, what="more revisions are handled")
    deployment.kill("orders-worker-2", signal.SIGKILL)
    send(revisions(2 * third + 1, REVISIONS))
    until(lambda: seen(deployment) == KEYS * REVISIONS, seconds=90, what="every revision is handled")

    rows = deployment.rows("orders", "SELECT restaurant_id, revision FROM seen ORDER BY id")
    order = {key: [revision for owner, revision in rows if owner == key] for key in range(1, KEYS + 1)}
    assert order == {key: list(range(1, REVISIONS + 1)) for key in range(1, KEYS + 1)}
    assert deployment.processes["orders-worker-1"].wait(30) == 0
