"""Messages that fail, or kill their process, in a real Celery worker: parked with their key, all others flow."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.codecs.registry import JSON
from postroad.ids import new_id
from postroad.messaging import topology
from postroad.messaging.broker import PublishResult
from postroad.messaging.message import Envelope, Outgoing
from tests.faults.deployment import BROKER_URL, DATABASE_URL, ROOT, until
from tests.support.amqp import connected, delete_topology
from tests.worker.bakery.messages import BAKERY, Bake

pytestmark = [pytest.mark.broker, pytest.mark.postgres, pytest.mark.slow]

TOPOLOGY = topology.command_queues(BAKERY, service="bakery") + topology.dead_letters("bakery")
DATABASE = "worker_bakery"


class Bakery:
    """The service's processes and database."""

    def __init__(self, home: Path) -> None:
        self.home, self.processes = home, []
        self.url = f"{DATABASE_URL.rpartition('/')[0]}/{DATABASE}"
        self.environment = {
            **os.environ,
            "DATABASE_URL": self.url,
            "BROKER_URL": BROKER_URL,
            "DJANGO_SETTINGS_MODULE": "tests.worker.bakery.settings",
            "REPAIRED": str(home / "repaired"),
            "TASK_FILE": str(home / "tasks"),
        }

    processes: list["subprocess.Popen[bytes]"]

    def start_worker(self, *, pool: str = "prefork") -> "subprocess.Popen[bytes]":
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "tests.worker.bakery",
            "worker",
            "-n",
            f"bakery-{len(self.processes)}@test",
        ]
        with (self.home / f"worker-{len(self.processes)}.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "-c", "2", "-P", pool, "--loglevel", "INFO"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "django", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as database:
            return database.execute(query.encode()).fetchall()

    def baked(self, order: int) -> list[int]:
        return [loaf for (loaf,) in self.rows(f"SELECT loaf FROM baked WHERE order_id = {order:d} ORDER BY id")]  # noqa: S608 - a number

    def parked(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "SELECT partition_key, reason, attempts FROM postroad_dead_letter WHERE state = 'parked' ORDER BY id"
        )

    def send(self, *commands: Bake) -> None:
        broker = RabbitMQ(BROKER_URL)
        publisher = broker.publisher()
        batch = [
            Outgoing(
                address=BAKERY.address(str(command.order_id)),
                envelope=Envelope(
                    id=new_id(),
                    type="bakery.Bake",
                    body=JSON.encode(command),
                    headers={"partition-key": str(command.order_id), "kind": "command"},
                ),
            )
            for command in commands
        ]
        assert set(publisher.publish(batch)) == {PublishResult.CONFIRMED}
        publisher.close()
        broker.close()


@pytest.fixture
def bakery(tmp_path: Path) -> Iterator[Bakery]:
    with psycopg.connect(DATABASE_URL, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {DATABASE}")
    bakery = Bakery(tmp_path)
    delete_topology(BROKER_URL, TOPOLOGY)
    bakery.manage("migrate", "--verbosity", "0")
    bakery.manage("declare_channels")
    with psycopg.connect(bakery.url, autocommit=True) as database:
        database.execute("CREATE TABLE baked (id bigserial PRIMARY KEY, order_id bigint, loaf int)")
    yield bakery
    for process in bakery.processes:
        process.terminate()
    for process in bakery.processes:
        process.wait(30)
    with psycopg.connect(DATABASE_URL, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    delete_topology(BROKER_URL, TOPOLOGY)


def test_a_failing_message_parks_with_its_key_and_redrive_finishes_in_order(bakery: Bakery) -> None:
    worker = bakery.start_worker()
    bakery.send(Bake(order_id=1, loaf=1), Bake(order_id=1, loaf=2, mood="bad"), Bake(order_id=1, loaf=3))
    bakery.send(*[Bake(order_id=key, loaf=loaf) for loaf in (1, 2, 3) for key in (2, 3, 4, 5)])
    until(lambda: len(bakery.parked()) == 2, seconds=60, what="the failing message and the one behind it are parked")
    until(lambda: [len(bakery.baked(key)) for key in (2, 3, 4, 5)] == [3] * 4, seconds=30, what="other keys flow")
    parked = bakery.parked()
    before = bakery.baked(1)
    (bakery.home / "repaired").touch()

    bakery.manage("deadletters", "redrive", "--all")
    bakery.send(Bake(order_id=1, loaf=4))
    until(lambda: len(bakery.baked(1)) == 4, seconds=30, what="the key flows again")

    assert parked[0] == ("1", "ValueError: the oven is cold", 3)
    assert before == [1]
    assert bakery.baked(1) == [1, 2, 3, 4]
    assert [bakery.baked(key) for key in (2, 3, 4, 5)] == [[1, 2, 3]] * 4
    assert worker.poll() is None


def test_a_message_that_kills_its_process_is_dead_lettered_and_the_worker_lives_on(bakery: Bakery) -> None:
    worker = bakery.start_worker()
    bakery.send(Bake(order_id=1, loaf=1, mood="deadly"), Bake(order_id=1, loaf=2), Bake(order_id=2, loaf=1))
    until(lambda: len(bakery.parked()) == 2, seconds=90, what="the deadly message and the one behind it are parked")
    bakery.send(Bake(order_id=2, loaf=2))
    until(lambda: bakery.baked(2) == [1, 2], seconds=30, what="other keys flow")

    (deadly, behind) = bakery.parked()
    assert deadly[0] == "1"
    assert deadly[1].startswith("killed its process 2 times")
    assert behind[1] == "an earlier message of the same key is parked"
    assert bakery.baked(1) == []
    assert worker.poll() is None
    with connected(BROKER_URL) as connection:
        dead = connection.channel().queue_declare("bakery.dead", passive=True)
    assert dead.message_count == 0  # it went there, and was collected from there


def test_what_lies_in_the_dead_letter_queue_is_collected(bakery: Bakery) -> None:
    receiver = RabbitMQ(BROKER_URL).receiver(["bakery.0", "bakery.1"], prefetch=10)
    bakery.send(Bake(order_id=1, loaf=1))
    (delivery,) = until(lambda: receiver.receive(limit=1, timeout_seconds=1), seconds=20, what="it is delivered")
    receiver.reject(delivery)
    receiver.close()
    bakery.start_worker()

    until(bakery.parked, seconds=60, what="it is collected")

    assert bakery.parked() == [("1", "given up by the broker: rejected", 0)]


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_warm_shutdown_finishes_what_it_has_and_loses_nothing(bakery: Bakery, pool: str) -> None:
    first = bakery.start_worker(pool=pool)
    total = 400
    bakery.send(*[Bake(order_id=number % 20 + 1, loaf=number) for number in range(total)])
    until(lambda: bakery.rows("SELECT 1 FROM baked LIMIT 1"), seconds=60, what="it has begun")
    first.send_signal(signal.SIGTERM)
    code = first.wait(60)
    bakery.start_worker(pool=pool)
    until(lambda: bakery.rows("SELECT count(*) FROM baked") == [(total,)], seconds=60, what="everything is baked")

    order = {key: bakery.baked(key) for key in range(1, 21)}
    assert code == 0
    assert order == {key: list(range(key - 1, total, 20)) for key in range(1, 21)}


def test_ordinary_tasks_run_beside_the_handlers(bakery: Bakery) -> None:
    bakery.start_worker()
    snippet = "from tests.worker.bakery.celery import add; add.delay(20, 22)"
    subprocess.run([sys.executable, "-c", snippet], cwd=ROOT, env=bakery.environment, check=True, timeout=60)

    tasks = Path(bakery.environment["TASK_FILE"])
    until(lambda: tasks.exists() and tasks.read_text() == "42\n", seconds=60, what="the task has run")
    assert bakery.parked() == []


def test_a_worker_whose_pool_is_jammed_ends_and_the_next_one_goes_on(bakery: Bakery) -> None:
    bakery.environment["POSTROAD_CONSUMER_JAM_SECONDS"] = "2"
    first = bakery.start_worker()
    bakery.send(Bake(order_id=1, loaf=1))
    until(lambda: bakery.baked(1) == [1], seconds=60, what="it works")
    children = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGSTOP)
    bakery.send(Bake(order_id=1, loaf=2), Bake(order_id=2, loaf=1))

    code = first.wait(60)
    bakery.start_worker()
    until(lambda: bakery.baked(1) == [1, 2] and bakery.baked(2) == [1], seconds=60, what="nothing is lost")

    assert code == os.EX_SOFTWARE
    assert not any(Path(f"/proc/{child}").exists() for child in children)
