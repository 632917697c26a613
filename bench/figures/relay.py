"""P1, the contenders: our relay, the same relay with frames of other libraries, raw frames, ORM rows with kombu."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version

from django.db import connection

from bench import stage
from bench.bank.messages import BANK, REPLY_TO, credit
from bench.rivals.orm_sender import OrmSender
from bench.rivals.packers import Pamqp, PeerPublisher, PyAmqp
from bench.rivals.raw_frames import RawFrames
from bench.rounds import Contender
from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.brokers.rabbitmq.connection import read_url
from postroad.brokers.rabbitmq.frames import Packer
from postroad.commands.sender import send
from postroad.ids import new_id
from postroad.messaging.broker import Publisher
from postroad.messaging.message import Outgoing
from postroad.messaging.outbox import table as outbox
from postroad.messaging.outbox.producer import unit_of_work
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import NotifyWakeup
from postroad.messaging.sql import OUTBOX_COLUMNS

BACKLOG = 20_000
_BACKLOG_OF_ORM = 3_000  # it is so much slower that more would only take time
_WARM_UP = 500  # messages before the clock starts: connections, caches, plans
_SENT_TOGETHER = 1000

_COPY = f"INSERT INTO postroad_outbox ({OUTBOX_COLUMNS}) SELECT {OUTBOX_COLUMNS} FROM bench_backlog ORDER BY id LIMIT"  # noqa: S608


@contextmanager
def contenders() -> Iterator[list[Contender]]:
    """Prepare the backlog; connections stay open over all rounds."""
    write_backlog(BACKLOG)
    url = os.environ["BROKER_URL"]
    relay = _relay(RabbitMQ(url).publisher())
    packers = {
        f"our relay, basic_publish of py-amqp {version('amqp')}": _relay(PeerPublisher(read_url(url), PyAmqp)),
        f"our relay, frames of pamqp {version('pamqp')}": _relay(PeerPublisher(read_url(url), Pamqp)),
    }
    sender = OrmSender(url)
    with ExitStack() as stack:
        for each in (relay, *packers.values()):
            stack.callback(each.close)
        stack.callback(sender.close)
        raw = RawFrames(stack.enter_context(stage.broker()))
        frames = _pack(raw, read_backlog())
        peer = f"ORM rows + kombu {version('kombu')}, one confirm each"
        yield [
            Contender(name="ours", run=lambda: _run_relay(relay)),
            Contender(name="limit", run=lambda: _run_frames(raw, frames)),
            *(Contender(name=name, run=partial(_run_relay, each)) for name, each in packers.items()),
            Contender(name=peer, run=lambda: _run_orm(sender)),
        ]


def _relay(publisher: Publisher) -> Relay:
    return Relay(publisher, NotifyWakeup(), is_durable=True)


def write_backlog(rows: int) -> None:
    """Send commands as a saga does, and keep their rows aside for the rounds."""
    for start in range(0, rows, _SENT_TOGETHER):
        with unit_of_work():
            for number in range(start, min(rows, start + _SENT_TOGETHER)):
                saga = {"saga-type": "bench_client.Sell", "saga-id": new_id(), "saga-step": "credit"}
                send(credit(number), reply_to=REPLY_TO, headers=saga)
    stage.execute(
        "DROP TABLE IF EXISTS bench_backlog",
        "CREATE TABLE bench_backlog AS SELECT * FROM postroad_outbox",
        "TRUNCATE postroad_outbox",
    )


def read_backlog() -> list[Outgoing]:
    """Return the messages of the backlog as a publisher gets them."""
    stage.execute(f"{_COPY} {BACKLOG}")
    rows = outbox.take(range(outbox.PARTITIONS), maximum=BACKLOG)
    stage.execute("TRUNCATE postroad_outbox")
    return [row.outgoing() for row in rows]


def fill(rows: int) -> None:
    """Put a part of the backlog into an empty outbox, and empty the queues."""
    stage.purge_channels()
    stage.execute("TRUNCATE postroad_outbox", f"{_COPY} {rows}")
    stage.settle()


def drain(relay: Relay) -> int:
    """Relay until nothing is left, as the relay process does; return how many rows."""
    sent = 0
    while batch := relay.run_once():
        sent += batch
    return sent


def _run_relay(relay: Relay) -> list[float]:
    fill(_WARM_UP)
    drain(relay)
    fill(BACKLOG)
    began = time.perf_counter()
    sent = drain(relay)
    return _rate(sent, BACKLOG, time.perf_counter() - began)


def _run_frames(raw: RawFrames, frames: Sequence[bytes]) -> list[float]:
    raw.publish(frames[:_WARM_UP])
    stage.purge_channels()
    began = time.perf_counter()
    raw.publish(frames)
    return _rate(len(frames), BACKLOG, time.perf_counter() - began)


def _run_orm(sender: OrmSender) -> list[float]:
    fill(_WARM_UP)
    sender.drain()
    fill(_BACKLOG_OF_ORM)
    began = time.perf_counter()
    sent = sender.drain()
    return _rate(sent, _BACKLOG_OF_ORM, time.perf_counter() - began)


def _rate(sent: int, expected: int, seconds: float) -> list[float]:
    """Return the rate, after a look at whether everything was sent and nothing is left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM postroad_outbox")
        left = cursor.fetchone()[0]
    if sent != expected or left:
        raise RuntimeError(f"channel {BANK.name}: {sent} of {expected} messages sent, {left} rows left")
    return [sent / seconds]


def _pack(raw: RawFrames, messages: Sequence[Outgoing]) -> list[bytes]:
    packer = Packer(channel=raw.channel_id, frame_max=131_072)
    return [packer.pack(message) for message in messages]
