"""`Office`: one notes service with its queues, database and worker processes."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import amqp
from amqp.exceptions import NotFound

from postroad.brokers.rabbitmq.broker import RabbitMQ
from postroad.ids import new_id
from postroad.messaging import topology as topologies
from postroad.messaging.broker import PublishResult
from postroad.messaging.channels import CommandChannel, EventChannel
from postroad.messaging.message import Envelope, Kind, Outgoing
from tests.support.amqp import connected, delete_topology

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0
NOTES_TABLE = "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT, number INTEGER)"


def wait_until(is_so: Callable[[], bool], *, seconds: float = PATIENCE_SECONDS) -> bool:
    """Look again and again; return whether it became so in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if is_so():
            return True
        time.sleep(0.05)
    return is_so()


def restart_broker(how: str) -> None:
    """Restart the broker that `scripts/servers.py` has started; `--kill`: as a crash would."""
    command = [sys.executable, str(ROOT / "scripts" / "servers.py"), "restart-broker"]
    subprocess.run([*command, how] if how else command, check=True)


class Worker:
    """One Celery worker process."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name, self.process, self._log = name, process, log

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._log.read_text(errors="replace")

    def children(self) -> list[int]:
        """Process ids of its pool."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(text) for text in path.read_text().split()]

    def stop(self) -> int:
        """Ask it to stop, as an operator would; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """End it and its pool at once, as the kernel would."""
        for pid in [self.process.pid, *self.children()]:
            os.kill(pid, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)


class Office:
    """A notes service."""

    def __init__(self, folder: Path, *, broker_url: str, template: Path, shards: int = 2) -> None:
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self.channel = CommandChannel(self.name, shards=shards)
        self.topology = topologies.dead_letters(self.name) + topologies.command_queues(self.channel, service=self.name)
        self.things = topologies.subscription(
            EventChannel(f"{self.name}.Thing", shards=1),
            subscriber=f"{self.name}.things",
            service=self.name,
            types=("notes.Happened", "notes.Other"),
        )
        self.folder, self.broker_url = folder, broker_url
        self._database, self._attempts = folder / f"{self.name}.sqlite3", folder / f"{self.name}.attempts"
        self._database.write_bytes(template.read_bytes())
        self._workers: list[Worker] = []
        self._broker = RabbitMQ(broker_url)
        self._broker.declare(self.topology)
        self._publisher = self._broker.publisher()
        self._sent: Counter[str] = Counter()

    def environment(self, *, pause_seconds: float = 0.0, broker_url: str = "", **others: str) -> dict[str, str]:
        """Return the variables of a worker process."""
        return os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.worker.notes.settings",
            "PYTHONPATH": str(ROOT),
            "DATABASE_URL": f"sqlite:///{self._database}",
            "POSTROAD_BROKER_URL": broker_url or self.broker_url,
            "NOTES_CHANNEL": self.name,
            "NOTES_SHARDS": str(self.channel.shards),
            "NOTES_ATTEMPTS": str(self._attempts),
            "NOTES_PAUSE_SECONDS": str(pause_seconds),
            **others,
        }

    def hire(self, pool: str = "prefork", *options: str, number: int = 1, **environment: object) -> Worker:
        """Start a worker and wait until it is ready."""
        worker = self.call(pool, *options, number=number, **environment)
        assert wait_until(lambda: " ready." in worker.log or worker.process.poll() is not None), worker.log
        assert worker.process.poll() is None, worker.log
        return worker

    def call(self, pool: str = "prefork", *options: str, number: int = 1, **environment: object) -> Worker:
        """Start a worker."""
        name, size = f"{self.name}-{number}@test", "1" if pool == "solo" else "2"
        given = self.environment(**environment)  # type: ignore[arg-type]
        return self._run("tests.worker.notes", name, "-P", pool, "-c", size, *options, environment=given)

    def hire_stranger(self, *, node: str) -> Worker:
        """Start a worker of another Celery application on our virtual host, and wait until it is ready."""
        given = {**os.environ, "PYTHONPATH": str(ROOT), "STRANGER_BROKER_URL": self.broker_url}
        worker = self._run("tests.worker.stranger", node, "-P", "threads", "-Q", f"{self.name}.x", environment=given)
        assert wait_until(lambda: " ready." in worker.log), worker.log
        return worker

    def _run(self, app: str, name: str, *options: str, environment: dict[str, str]) -> Worker:
        log = self.folder / f"{self.name}-{len(self._workers)}.log"
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-n", name, "-l", "INFO", *options]
        with log.open("wb") as out:
            process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT)
        worker = Worker(name, process, log)
        self._workers.append(worker)
        return worker

    def send(self, count: int, *, keys: Sequence[str] = ("a", "b", "c", "d"), trouble: str = "") -> None:
        """Send some notes of each key, numbered on; the last one of the first key may be in trouble."""
        batch = []
        for number in range(count):
            for key in keys:
                self._sent[key] += 1
                is_last = number == count - 1 and key == keys[0]
                batch.append(self._note(key, self._sent[key], trouble=trouble if is_last else ""))
        assert set(self._publisher.publish(batch)) == {PublishResult.CONFIRMED}

    def expected(self) -> dict[str, list[int]]:
        """Return what `written` should be in the end: all numbers of each key, in order, once."""
        return {key: list(range(1, count + 1)) for key, count in self._sent.items()}

    def written(self) -> dict[str, list[int]]:
        """Return the numbers written of each key, in order of writing."""
        found: dict[str, list[int]] = {}
        for key, number in self.rows("SELECT key, number FROM notes ORDER BY id"):
            found.setdefault(str(key), []).append(int(str(number)))
        return found

    def count(self) -> int:
        """Return how many notes are written."""
        return sum(len(numbers) for numbers in self.written().values())

    def attempts(self) -> list[list[str]]:
        """Return each attempt: worker process, own process, key, number."""
        text = self._attempts.read_text() if self._attempts.exists() else ""
        return [line.split() for line in text.splitlines()]

    def parked(self) -> list[tuple[str, str, int]]:
        """Return subscriber, reason and attempts of each dead letter."""
        rows = self.rows("SELECT subscriber, reason, attempts FROM postroad_dead_letter ORDER BY id")
        return [(str(subscriber), str(reason), int(str(attempts))) for subscriber, reason, attempts in rows]

    def rows(self, statement: str) -> Iterable[Sequence[object]]:
        """Return the rows of a query."""
        with closing(sqlite3.connect(self._database, timeout=30)) as database:
            return database.execute(statement).fetchall()

    def depth(self, *queues: str) -> int:
        """Return the messages that wait in queues (by default all), those under way to a worker not counted."""
        names = queues or [queue.name for queue in self.topology.queues]
        with connected(self.broker_url) as connection:
            channel = connection.channel()
            return sum(channel.queue_declare(name, passive=True).message_count for name in names)

    def is_bound(self, event_type: str) -> bool:
        """Whether an event of a type reaches a queue."""
        returned: list[object] = []
        with connected(self.broker_url) as connection:
            channel = connection.channel()
            channel.events["basic_return"].add(lambda *arguments: returned.append(arguments))
            message = amqp.Message(b'{"key": "k"}', type=event_type, message_id=str(new_id()))
            channel.basic_publish_confirm(
                message, exchange=f"{self.name}.Thing", routing_key=f"0.{event_type}", mandatory=True
            )
        return not returned

    def queue(self, key: str) -> str:
        """Return the queue of a key."""
        return f"{self.name}.{self.channel.address(key).route}"

    def delete(self, queue: str) -> None:
        """Delete a queue, as a clumsy operator would."""
        with connected(self.broker_url) as connection:
            connection.channel().queue_delete(queue)

    def exists(self, queue: str) -> bool:
        """Whether a queue is there."""
        with connected(self.broker_url) as connection:
            try:
                connection.channel().queue_declare(queue, passive=True)
            except NotFound:
                return False
            return True

    def call_task(self, number: int, *, countdown: float = 0, until: Path | str = "", **environment: str) -> None:
        """Send the ordinary task, from a process of its own, as a web process would; it takes until there is a file."""
        code = "from tests.worker.notes.celery import app; from tests.worker.notes.tasks import note; import django;"
        code += f" django.setup(); note.apply_async(({number}, {str(until)!r}), countdown={countdown})"
        subprocess.run([sys.executable, "-c", code], env=self.environment() | environment, cwd=ROOT, check=True)

    def owners(self) -> dict[str, set[str]]:
        """Return the queues that each living worker consumes, as its log says."""
        found = {}
        for worker in self._workers:
            if worker.process.poll() is None:
                own: set[str] = set()
                for verb, queue in re.findall(r"(consuming|handing over) (\S+)", worker.log):
                    (own.add if verb == "consuming" else own.discard)(queue)
                found[worker.name] = own - {f"{self.name}.dead"}
        return found

    def close(self) -> None:
        """End what runs and delete what was declared."""
        for worker in self._workers:
            if worker.process.poll() is None:
                worker.kill()
        self._publisher.close()
        delete_topology(self.broker_url, self.topology + self.things)
        with connected(self.broker_url) as connection:
            for name in ("tasks", "x"):
                connection.channel().queue_delete(f"{self.name}.{name}")

    def _note(self, key: str, number: int, *, trouble: str) -> Outgoing:
        body = f'{{"key": "{key}", "number": {number}, "trouble": "{trouble}"}}'.encode()
        headers = {"kind": Kind.COMMAND.value, "partition-key": key}
        envelope = Envelope(id=str(new_id()), type="notes.Write", body=body, headers=headers, sent_at=int(time.time()))
        return Outgoing(address=self.channel.address(key), envelope=envelope)
