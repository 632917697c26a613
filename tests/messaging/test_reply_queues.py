"""What a stranger's command can make a service write, and where: replies are bounded and go to reply queues only."""

import logging
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from postroad.codecs.registry import JSON
from postroad.commands import replies
from postroad.commands.handlers import CommandHandlers
from postroad.composition import Service, compose
from postroad.errors import InvalidDeclaration, InvalidMessage
from postroad.events.snapshots import PublishSnapshots, Snapshot, SnapshotDispatcher, Snapshots, requests_queue
from postroad.messaging import watch
from postroad.messaging.channels import CommandChannel, EventChannel, ReplyChannel
from postroad.messaging.inbox.consumer import Job, Mode, Outcome
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter, OutboxMessage
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.queues import takes_replies
from postroad.messaging.throttle import Throttle
from postroad.metrics.messages import count
from postroad.processes.jobs import run_job
from postroad.testing.pump import Pump
from tests.support.letters import bake, command, parked
from tests.support.shop import LOAVES, LoafBaked, Shop

AMQP_TEXT = st.text(max_size=300)


def run(*envelopes: Envelope) -> Outcome:
    return run_job(Job(subscriber="bakery", envelopes=envelopes, mode=Mode.LAST)).outcome


@pytest.mark.parametrize(
    "queue",
    [
        "orders.replies.0",
        "orders.replies.255",
        "amq.gen-7XyZ",
        "amq.rabbitmq.reply-to.g1h2AA3.any",
        "amq.gen-x.5",
        "clientx.answers",
        "answers",
        "a.b.c",
    ],
)
def test_replies_go_to_reply_queues_and_to_queues_of_strangers(queue: str) -> None:
    assert takes_replies(queue)


@pytest.mark.parametrize(
    "queue",
    [
        "kitchen.0",
        "kitchen.any",
        "orders.restaurants.3",
        "orders.dead",
        "orders.snapshots",
        "orders.tasks",
        "kitchen.Ticket.12",
        "Kitchen-2.0",
        ".replies.0",
        "",
        "x" * 256,
        "bad\ufffdname",
        "bad\x00name",
        "\ud800",
        "kitchen\n.0",
    ],
)
def test_no_reply_goes_to_another_queue_of_the_contract(queue: str) -> None:
    assert not takes_replies(queue)


@given(st.from_regex(r"[a-z][a-z0-9_]{0,20}(\.[A-Za-z][A-Za-z0-9_]{0,10})?", fullmatch=True), st.integers(1, 8))
def test_no_queue_that_a_declared_channel_has_takes_replies_but_reply_queues(name: str, shards: int) -> None:
    reserved = (".replies", ".any", ".dead", ".snapshots", ".tasks")
    name = f"{name}x" if name.endswith(reserved) else name
    handlers = CommandHandlers(CommandChannel(name, shards=shards), {})
    topology = compose([Service(name=name, commands=(handlers,))]).topology

    assert [queue.name for queue in topology.queues if takes_replies(queue.name)] == []
    assert takes_replies(ReplyChannel(name, shards).queue("7"))
    assert not takes_replies(requests_queue(name))


def test_a_channel_cannot_have_the_name_of_other_queues() -> None:
    with pytest.raises(InvalidDeclaration, match="'replies' at the end is reserved"):
        CommandChannel("kitchen.replies")
    with pytest.raises(InvalidDeclaration, match="reserved"):
        EventChannel("kitchen.dead")


@pytest.mark.django_db
@pytest.mark.parametrize("queue", ["till.0", "till.any", "counter.loaves.1", "counter.dead", "till.tasks"])
def test_a_reply_is_not_injected_into_another_services_queue_and_the_command_is_handled(
    pump: Pump, shop: Shop, queue: str
) -> None:
    outcome = run(command(1, reply_to=queue))

    assert (outcome, shop.done) == (Outcome.DONE, [("bake", 1)])
    assert list(OutboxMessage.objects.values_list("channel", flat=True)) == ["bakery.Loaf"]
    assert parked() == []


@pytest.mark.django_db
def test_a_command_that_cannot_be_read_and_names_a_refused_queue_is_parked(pump: Pump, shop: Shop) -> None:
    run(replace(command(1, reply_to="till.0"), body=b"{"))

    assert OutboxMessage.objects.count() == 0
    assert DeadLetter.objects.count() == 1


@pytest.mark.django_db
def test_refused_replies_are_logged_once_a_minute(
    pump: Pump, shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "_throttle", Throttle())
    with caplog.at_level(logging.WARNING):
        run(*[command(number, message_id=f"m{number}", reply_to="till.0") for number in range(1, 31)])

    lines = [record for record in caplog.records if "reply not sent" in record.getMessage()]
    assert [line.__dict__["reply_to"] for line in lines] == ["till.0"]


@pytest.mark.django_db
def test_refused_replies_are_counted_by_channel(pump: Pump, shop: Shop) -> None:
    told: list[watch.Fact] = []
    with watch.watching(told.append), watch.watching(count):
        bake(1, 2, reply_to="till.0")
        bake(3, reply_to="counter.replies.0")
        pump.until_quiet()

    refused = [fact for fact in told if isinstance(fact, watch.ReplyRefused)]
    assert {fact.channel for fact in refused} == {"bakery"}
    assert sum(fact.messages for fact in refused) == 2


TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


@pytest.mark.django_db
def test_a_header_of_70_kilobytes_is_not_echoed_and_the_reply_can_be_sent(pump: Pump, shop: Shop) -> None:
    huge = "h" * 70_000
    asked = command(1, reply_to="client.answers")
    headers = {**asked.headers, "partition-key": huge, "saga-id": huge, "saga-type": huge, "traceparent": huge}

    outcome = run(replace(asked, headers=headers))

    sent = list(OutboxMessage.objects.order_by("id"))
    assert outcome is Outcome.DONE
    assert [row.channel for row in sent] == ["bakery.Loaf", "client.answers"]
    assert max(len(str(row.headers)) for row in sent) < 1500
    assert {len(row.partition_key) for row in sent} == {1, 64}


@pytest.mark.django_db
def test_the_digest_of_a_long_key_keeps_the_order_of_its_replies(pump: Pump, shop: Shop) -> None:
    for number in (1, 2):
        asked = command(1, message_id=f"m{number}", reply_to="client.answers")
        run(replace(asked, headers={**asked.headers, "partition-key": "k" * 5000}))

    answers = OutboxMessage.objects.filter(channel="client.answers")
    assert len(set(answers.values_list("lane", "partition_key"))) == 1


@pytest.mark.django_db
def test_what_is_within_its_bounds_is_echoed_as_it_is(pump: Pump, shop: Shop) -> None:
    asked = command(1, reply_to="client.answers")
    own = {"saga-id": "s" * 255, "saga-type": "x.Y", "saga-step": "bake", "traceparent": TRACE}

    run(replace(asked, headers={**asked.headers, **own}))

    answer = OutboxMessage.objects.get(channel="client.answers")
    assert {name: answer.headers[name] for name in own} == own
    assert answer.partition_key == own["saga-id"]


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, database=None)
@given(
    headers=st.dictionaries(
        st.sampled_from(["partition-key", "saga-id", "saga-type", "saga-step", "traceparent", "other"]),
        st.one_of(AMQP_TEXT, st.just("x" * 70_000), st.just("\ud800"), st.just("é" * 255)),
    ),
    message_id=st.text(min_size=1, max_size=300),
)
def test_whatever_a_command_carries_its_reply_fits_amqp(headers: dict[str, str], message_id: str) -> None:
    asked = Envelope(id=message_id, type="x", body=b"", reply_to="client.answers", headers=headers)
    echoed = replies._echo(asked) | {"partition-key": replies._bounded_key(asked.key)}
    correlation_id = replies._cut(message_id.replace("\x00", ""), 255)

    assert len(correlation_id.encode()) <= 255
    assert all(len(value) <= 1000 and "\x00" not in value for value in echoed.values())
    assert sum(len(value.encode(errors="replace")) for value in echoed.values()) < 10_000


def page(after: str, maximum: int) -> list[Snapshot]:
    return [Snapshot(key="1", events=(LoafBaked(order_id=1, loaves=1),))]


def ask_for_snapshots(subscriber: str) -> list[str]:
    request = PublishSnapshots(channel=LOAVES.name, subscriber=subscriber, shards=1, types=("bakery.LoafBaked",))
    with unit_of_work():
        SnapshotDispatcher([Snapshots(of=LOAVES, page=page)])(
            Envelope(id="r", type="postroad.PublishSnapshots", body=JSON.encode(request))
        )
    return list(OutboxMessage.objects.values_list("channel", flat=True))


@pytest.mark.django_db
def test_snapshots_go_to_the_subscriber_that_asks() -> None:
    assert ask_for_snapshots("counter.loaves") == ["counter.loaves.0"]


@pytest.mark.django_db
@pytest.mark.parametrize("subscriber", ["till", "counter.replies", "till.any", "", "a b.c", "x" * 250 + ".y", "a.\n"])
def test_snapshots_are_not_injected_into_queues_of_commands_or_replies(subscriber: str) -> None:
    with pytest.raises(InvalidMessage, match="is not a subscriber"):
        ask_for_snapshots(subscriber)

    assert OutboxMessage.objects.count() == 0
