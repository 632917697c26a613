"""The conformance suite of brokers: what every adapter of `messaging.broker` does.

    class TestMyBroker(BrokerSuite):
        @pytest.fixture
        def broker(self) -> Iterator[Broker]:
            yield MyBroker(url)

Every test has names of its own; `stage.topology` is what it declared, to be deleted by the fixture if need be.
"""
# ruff: noqa: D102, S101 - a test says in its name what it is about; assertions are what a suite is for

from collections.abc import Iterator
from dataclasses import replace

import pytest

from postroad.messaging import topology as topologies
from postroad.messaging.broker import Broker, PublishResult
from postroad.messaging.channels import CommandChannel, shard_of
from postroad.messaging.message import Address, Envelope, Outgoing
from postroad.messaging.topology import Binding
from postroad.testing.broker_stage import Stage, letter, numbers, to_queue

BIG = 5_000_000  # bytes: some forty frames of AMQP
MANY = 3000  # messages: several windows of a pipelining publisher


class BrokerSuite:
    """Inherit, and give a fixture `broker`."""

    @pytest.fixture
    def stage(self, broker: Broker) -> Iterator[Stage]:
        """Channels of random names at the broker."""
        stage = Stage(broker)
        yield stage
        stage.close()

    def test_a_message_arrives_as_it_was_sent(self, stage: Stage) -> None:
        sent = Envelope(
            id="0199-é",
            type="kitchen.CreateTicket",
            body=b'{"a": "\xc3\xa9\x00"}',
            content_type="application/json",
            correlation_id="c-1",
            reply_to="orders.replies.3",
            app_id="orders",
            sent_at=1_700_000_000,
            headers={"kind": "command", "partition-key": "Zürich ✓", "aggregate-id": "", "long": "x" * 3000},
        )
        results = stage.send(sent)
        [delivery] = stage.take(stage.receiver(), 1)

        assert results == [stage.taken]
        assert delivery.envelope == sent
        assert (delivery.queue, delivery.is_redelivered) == (stage.queue, False)
        assert (delivery.dead_from, delivery.dead_reason) == ("", "")

    def test_what_is_unbound_gets_no_more_and_unbinding_is_repeatable(self, stage: Stage) -> None:
        queues = stage.subscribe("sub", "stage.Kept", "stage.Gone")
        bound = [
            Binding(exchange=stage.events.name, queue=queue, route=f"{n}.stage.Gone") for n, queue in enumerate(queues)
        ]
        stage.broker.unbind(bound)
        stage.broker.unbind([*bound, replace(bound[0], exchange="no-such"), replace(bound[0], queue="no-such")])
        for number, name in enumerate(("stage.Gone", "stage.Kept")):
            outgoing = Outgoing(address=stage.events.address("key", name), envelope=letter(number))
            stage.publisher.publish([outgoing])

        assert numbers(stage.take(stage.receiver(*queues), 1)) == [1]

    def test_a_message_without_properties_arrives_without_them(self, stage: Stage) -> None:
        bare = Envelope(id="", type="", body=b"", content_type="")
        results = stage.send(bare)
        [delivery] = stage.take(stage.receiver(), 1)

        assert results == [stage.taken]
        assert delivery.envelope == bare

    def test_a_body_of_five_megabytes_arrives_whole(self, stage: Stage) -> None:
        body = bytes(range(256)) * (BIG // 256)
        results = stage.send(letter(1), letter(2, body=body), letter(3))
        deliveries = stage.take(stage.receiver(), 3)

        assert results == [stage.taken] * 3
        assert numbers(deliveries) == [1, 2, 3]
        assert deliveries[1].envelope.body == body

    def test_a_large_batch_is_taken_over_and_keeps_its_order(self, stage: Stage) -> None:
        results = stage.send(*[letter(number) for number in range(MANY)])
        deliveries = stage.take(stage.receiver(), MANY)

        assert results == [stage.taken] * MANY
        assert numbers(deliveries) == list(range(MANY))
        assert [delivery.tag for delivery in deliveries] == sorted({delivery.tag for delivery in deliveries})

    def test_an_empty_batch_has_no_results(self, stage: Stage) -> None:
        assert stage.publisher.publish([]) == []

    def test_a_message_for_a_queue_that_is_not_there_is_unroutable(self, stage: Stage) -> None:
        batch = to_queue(stage.queue, letter(1)) + to_queue(f"{stage.name}.nowhere", letter(2))
        batch += to_queue(stage.queue, letter(3))

        assert stage.publisher.publish(batch) == [stage.taken, PublishResult.UNROUTABLE, stage.taken]

    def test_an_event_may_have_no_subscriber(self, stage: Stage) -> None:
        stage.subscribe("a", "x.Made")
        event = replace(letter(1), headers={"kind": "event"})
        unheard = Outgoing(address=stage.events.address("k", "x.Broken"), envelope=event)
        astray = Outgoing(address=Address(channel=f"{stage.name}.missing", route="0.x.Made"), envelope=event)

        assert stage.publisher.publish([unheard]) == [PublishResult.CONFIRMED]
        assert stage.publisher.publish([astray]) == [PublishResult.UNROUTABLE]

    def test_a_missing_exchange_harms_only_its_own_messages(self, stage: Stage) -> None:
        missing = Address(channel=f"{stage.name}.missing", route="0")
        before, after = (to_queue(stage.queue, letter(number)) for number in (1, 3))
        batch = [*before, Outgoing(address=missing, envelope=letter(2)), *after]
        results = stage.publisher.publish(batch)
        again = stage.publisher.publish(to_queue(stage.queue, letter(4)))
        arrived = numbers(stage.rest(stage.receiver()))

        assert results == [stage.taken, PublishResult.UNROUTABLE, stage.taken]
        assert again == [stage.taken]
        assert list(dict.fromkeys(arrived)) == [1, 3, 4]

    def test_two_messages_of_one_id_both_arrive(self, stage: Stage) -> None:
        results = stage.send(letter(1), letter(1), letter(2))

        assert results == [stage.taken] * 3
        assert numbers(stage.take(stage.receiver(), 3)) == [1, 1, 2]

    def test_two_messages_of_one_id_have_results_of_their_own(self, stage: Stage) -> None:
        lost = to_queue(f"{stage.name}.nowhere", letter(1))
        kept = to_queue(stage.queue, letter(1))
        results = stage.publisher.publish([*lost, *kept, *lost, *kept])

        assert results == [PublishResult.UNROUTABLE, stage.taken, PublishResult.UNROUTABLE, stage.taken]

    def test_a_command_goes_to_the_shard_of_its_key(self, stage: Stage) -> None:
        keys = ["a", "b", "c", "d", "e", "f"]
        batch = [Outgoing(address=stage.commands.address(key), envelope=letter(1, key=key)) for key in keys]
        stage.publisher.publish(batch)
        deliveries = stage.take(stage.receiver(f"{stage.name}.0", f"{stage.name}.1"), len(keys))
        found = {delivery.envelope.key: delivery.queue for delivery in deliveries}

        assert found == {key: f"{stage.name}.{shard_of(key, 2)}" for key in keys}

    def test_a_sender_that_knows_no_shards_is_served(self, stage: Stage) -> None:
        stranger = Outgoing(address=Address(channel=stage.name, route="whatever"), envelope=letter(1))
        results = stage.publisher.publish([stranger])
        [delivery] = stage.take(stage.receiver(f"{stage.name}.any"), 1)

        assert results == [stage.taken]
        assert numbers([delivery]) == [1]

    def test_every_subscriber_gets_the_events_it_asked_for(self, stage: Stage) -> None:
        first, second = stage.subscribe("a", "x.Made"), stage.subscribe("b", "x.Made", "x.Sold")
        made = Outgoing(address=stage.events.address("k", "x.Made"), envelope=letter(1))
        sold = Outgoing(address=stage.events.address("k", "x.Sold"), envelope=letter(2))
        results = stage.publisher.publish([made, sold])

        assert results == [stage.taken, stage.taken]
        assert numbers(stage.take(stage.receiver(*second), 2)) == [1, 2]
        assert numbers(stage.rest(stage.receiver(*first))) == [1]

    def test_what_was_acknowledged_does_not_come_again(self, stage: Stage) -> None:
        stage.send(letter(1), letter(2))
        receiver = stage.receiver()
        receiver.ack(stage.take(receiver, 2))
        receiver.close()

        assert stage.rest(stage.receiver()) == []

    def test_what_was_not_acknowledged_comes_again_in_its_place(self, stage: Stage) -> None:
        stage.send(*[letter(number) for number in range(6)])
        first = stage.receiver()
        first.ack(stage.take(first, 5)[:2])
        first.close()
        deliveries = stage.take(stage.receiver(), 4)

        assert numbers(deliveries) == [2, 3, 4, 5]
        assert [delivery.is_redelivered for delivery in deliveries[:3]] == [True] * 3

    def test_messages_may_be_acknowledged_in_any_order(self, stage: Stage) -> None:
        stage.send(*[letter(number) for number in range(6)])
        first = stage.receiver()
        deliveries = stage.take(first, 6)
        first.ack([deliveries[4]])
        first.ack([deliveries[2], deliveries[1]])
        first.ack([deliveries[4]])
        first.close()

        assert numbers(stage.take(stage.receiver(), 3)) == [0, 3, 5]

    def test_deliveries_of_a_closed_receiver_are_ignored(self, stage: Stage) -> None:
        stage.send(letter(1))
        receiver = stage.receiver()
        deliveries = stage.take(receiver, 1)
        receiver.close()
        receiver.ack(deliveries)
        receiver.reject(deliveries[0])

        assert numbers(stage.take(stage.receiver(), 1)) == [1]

    def test_a_rejected_message_moves_to_the_dead_letter_queue(self, stage: Stage) -> None:
        stage.send(letter(1), letter(2))
        receiver = stage.receiver()
        first, second = stage.take(receiver, 2)
        receiver.reject(first)
        receiver.ack([second])
        [dead] = stage.take(stage.receiver(stage.dead), 1)

        assert dead.envelope == first.envelope
        assert (dead.queue, dead.dead_from, dead.dead_reason) == (stage.dead, stage.queue, "rejected")

    def test_no_more_messages_are_under_way_than_prefetch_says(self, stage: Stage) -> None:
        stage.send(*[letter(number) for number in range(12)])
        receiver = stage.receiver(prefetch=5)
        first = stage.rest(receiver)
        receiver.ack(first[:2])
        second = stage.rest(receiver)

        assert numbers(first) == [0, 1, 2, 3, 4]
        assert numbers(second) == [5, 6]

    def test_receive_returns_at_most_what_was_asked_for(self, stage: Stage) -> None:
        stage.send(letter(1), letter(2), letter(3))
        receiver = stage.receiver()
        first = stage.take(receiver, 1)

        assert len(receiver.receive(limit=1, timeout_seconds=5)) == 1
        assert numbers(first) == [1]

    def test_receive_returns_nothing_when_nothing_is_there(self, stage: Stage) -> None:
        assert stage.receiver().receive(limit=10, timeout_seconds=0) == []

    def test_an_ordered_queue_has_one_active_receiver_and_then_the_next(self, stage: Stage) -> None:
        stage.send(*[letter(number) for number in range(4)])
        first, second = stage.receiver(), stage.receiver()
        taken = stage.take(first, 4)
        waiting = stage.rest(second)
        first.ack(taken[:1])
        first.close()

        assert waiting == []
        assert numbers(stage.take(second, 3)) == [1, 2, 3]

    def test_declaring_again_changes_nothing(self, stage: Stage) -> None:
        stage.send(letter(1))
        stage.declare(stage.topology)

        assert numbers(stage.take(stage.receiver(), 1)) == [1]

    def test_an_inspection_finds_what_was_declared_with_its_messages_and_consumers(self, stage: Stage) -> None:
        stage.receiver(stage.dead)
        stage.send(letter(1), letter(2))
        found = stage.broker.inspect(stage.topology)
        states = {state.name: state for state in found.queues}

        assert (found.missing, found.differing) == ((), ())
        assert states.keys() == {queue.name for queue in stage.topology.queues}
        assert (states[stage.queue].messages, states[stage.queue].consumers) == (2, 0)
        assert states[stage.dead].messages == 0

    def test_an_inspection_names_what_is_missing_and_makes_nothing(self, stage: Stage) -> None:
        other = CommandChannel(f"{stage.name}.other", shards=1)
        wanted = topologies.command_queues(other, service=stage.name)
        names = (f"exchange '{other.name}.any'", f"exchange '{other.name}'", f"queue '{other.name}.0'")

        for_the_first_time = stage.broker.inspect(wanted)
        again = stage.broker.inspect(wanted)

        assert for_the_first_time.missing == again.missing == (*names, f"queue '{other.name}.any'")
        assert again.queues == ()

    def test_a_message_is_settled_once_every_receiver_has_acknowledged_it(self, stage: Stage) -> None:
        first, second = (stage.receiver(*stage.subscribe(name, "x.Made")) for name in ("a", "b"))
        stage.publisher.publish([Outgoing(address=stage.events.address("k", "x.Made"), envelope=letter(1))])
        first.ack(stage.take(first, 1))
        early = stage.publisher.settled()
        second.ack(stage.take(second, 1))

        assert early == []
        assert stage.publisher.settled() == ([] if stage.broker.is_durable else ["id-1"])
