"""The checks of the broker."""

import os

import pytest
from typing_extensions import override

from postroad.brokers.memory import MemoryBroker
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.errors import BrokerUnavailable
from postroad.messaging import topology as topologies
from postroad.messaging.broker import Broker, Inspection
from postroad.messaging.channels import CommandChannel
from postroad.messaging.topology import Queue, Topology
from postroad.operations.doctor.findings import Finding, Level
from postroad.operations.doctor.queues import look_at_broker, look_at_consumers, look_at_tasks
from postroad.testing.broker_stage import Stage
from tests.support.amqp import connected, delete_topology

BAKERY = topologies.dead_letters("bakery") + topologies.command_queues(
    CommandChannel("bakery", shards=2), service="bakery"
)


class AwayBroker(MemoryBroker):
    """Nobody answers."""

    @override
    def inspect(self, topology: Topology) -> Inspection:
        raise BrokerUnavailable("start it")


def broker_findings(broker: Broker, topology: Topology = BAKERY) -> list[Finding]:
    return list(look_at_broker(broker, topology, place="amqp://host"))


def test_a_broker_that_is_away_is_a_failure_with_the_way_out() -> None:
    [found] = broker_findings(AwayBroker())

    assert (found.about, found.level, found.remedy) == ("broker", Level.FAILURE, "start it")


def test_everything_declared_is_well() -> None:
    broker = MemoryBroker()
    broker.declare(BAKERY)

    answer, queues = broker_findings(broker)

    assert (answer.level, queues.level) == (Level.OK, Level.OK)
    assert queues.text == "2 exchanges and 4 queues are there as declared"


def test_what_is_missing_is_named_with_the_command_that_makes_it() -> None:
    _, found = broker_findings(MemoryBroker())

    assert found.level is Level.FAILURE
    assert found.text == (
        "6 of 6 missing: exchange 'bakery.any', exchange 'bakery', queue 'bakery.dead', queue 'bakery.0' and 2 more"
    )
    assert "declare_channels" in found.remedy


def consumer_findings(broker: Broker, *, pauses: list[float] | None = None) -> Finding:
    log: list[float] = [] if pauses is None else pauses
    [found] = look_at_consumers(broker, BAKERY, patience_seconds=2.0, pause=log.append)
    return found


def test_queues_that_are_consumed_are_well_at_once() -> None:
    broker = MemoryBroker()
    pauses: list[float] = []
    broker.declare(BAKERY)
    broker.receiver([queue.name for queue in BAKERY.queues], prefetch=1)

    found = consumer_findings(broker, pauses=pauses)

    assert (found.level, found.text, pauses) == (Level.OK, "all 4 queues are consumed", [])


def test_a_queue_that_nobody_consumes_is_a_failure_only_after_a_second_look() -> None:
    broker = MemoryBroker()
    pauses: list[float] = []
    broker.declare(BAKERY)
    broker.receiver([queue.name for queue in BAKERY.queues[1:]], prefetch=1)

    found = consumer_findings(broker, pauses=pauses)

    assert (found.level, pauses) == (Level.FAILURE, [2.0])
    assert "1 of 4 queues have no consumer; 0 messages wait in them: bakery.dead" in found.text


def test_queues_that_are_being_shared_out_are_no_failure() -> None:
    broker = MemoryBroker()
    broker.declare(BAKERY)

    def share_out(_seconds: float) -> None:
        broker.receiver([queue.name for queue in BAKERY.queues], prefetch=1)

    [found] = look_at_consumers(broker, BAKERY, patience_seconds=2.0, pause=share_out)

    assert found.level is Level.OK


def test_a_broker_that_goes_away_meanwhile_is_a_failure() -> None:
    assert consumer_findings(AwayBroker()).level is Level.FAILURE


@pytest.mark.broker
def test_a_queue_with_wrong_arguments_is_a_failure_at_a_real_broker() -> None:
    url = os.environ["TEST_BROKER_URL"]
    stage = Stage(RabbitMQ(url))
    with connected(url) as connection:
        channel = connection.channel()
        channel.queue_delete(stage.queue)
        channel.queue_declare(stage.queue, durable=True, auto_delete=False, arguments={"x-queue-type": "classic"})

    found = broker_findings(stage.broker, stage.topology)
    stage.close()
    delete_topology(url, stage.topology)

    assert [finding.level for finding in found] == [Level.OK, Level.FAILURE]
    assert f"queue '{stage.queue}' exists at the broker with other properties" in found[1].text
    assert f"rabbitmqctl delete_queue {stage.queue}" in found[1].remedy


class OlderBroker(MemoryBroker):
    """Has every queue with other arguments."""

    @override
    def inspect(self, topology: Topology) -> Inspection:
        return Inspection(differing=tuple(queue.name for queue in topology.queues))


TASKS = Queue(name="bakery.tasks", subscriber="bakery.tasks", dead_queue="bakery.dead", is_ordered=False)


def test_a_queue_of_tasks_of_an_earlier_release_is_a_warning_with_the_way_out() -> None:
    [found] = look_at_tasks(OlderBroker(), TASKS, way_out="set a policy")

    assert (found.about, found.level, found.remedy) == ("tasks", Level.WARNING, "set a policy")
    assert "'bakery.tasks'" in found.text


def test_a_queue_of_tasks_that_is_well_or_not_made_yet_is_no_line() -> None:
    assert list(look_at_tasks(MemoryBroker(), TASKS, way_out="")) == []
    [away] = look_at_tasks(AwayBroker(), TASKS, way_out="")
    assert away.level is Level.FAILURE
