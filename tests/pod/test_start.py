"""A service comes up from parts of addresses: its pods wait, the Job prepares, then they are ready."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from postroad.composition import installed
from postroad.schema.lock import _LOCK
from tests.faults.deployment import BROKER_URL, DATABASE_URL, free_port, until
from tests.pod.program import run, running, status
from tests.support.amqp import delete_topology

pytestmark = [pytest.mark.postgres, pytest.mark.broker, pytest.mark.slow]
WEB = ("python", "-m", "config.web")
NAME = f"pod_start_{os.getpid()}"


@pytest.fixture
def parts() -> Iterator[dict[str, str]]:
    """The variables of a pod, for an empty database."""
    database, broker = urlsplit(DATABASE_URL), urlsplit(BROKER_URL)
    with psycopg.connect(DATABASE_URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
        yield {
            "DATABASE_HOST": database.hostname or "",
            "DATABASE_PORT": str(database.port),
            "DATABASE_NAME": NAME,
            "DATABASE_USER": database.username or "",
            "DATABASE_PASSWORD": unquote(database.password or ""),
            "BROKER_HOST": broker.hostname or "",
            "BROKER_PORT": str(broker.port),
            "BROKER_USER": broker.username or "",
            "BROKER_PASSWORD": unquote(broker.password or ""),
            "BROKER_VHOST": unquote(broker.path[1:]),
            "ADMIN_PASSWORD": "open",
        }
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    delete_topology(BROKER_URL, installed().topology)


def test_pods_wait_for_the_preparation_and_are_ready_then(parts: dict[str, str], tmp_path: Path) -> None:
    port, web, init = free_port(), tmp_path / "web", tmp_path / "init"
    web.mkdir()
    init.mkdir()
    waiting = ("python", "-m", "postroad.schema.wait", "--seconds", "120")
    with (
        running(init, waiting, service="kitchen", **parts) as container,
        running(web, WEB, service="kitchen", PORT=str(port), **parts),
    ):
        until(lambda: "Waiting: migrations are missing" in container.out.read_text(), seconds=60, what="it waits")
        until(lambda: status(port, "/livez") == 200, seconds=60, what="the web process lives")
        early = status(port, "/readyz")

        prepared = run("manage.py", "prepare_service", service="kitchen", **parts)

        assert prepared.returncode == 0, prepared.stderr
        assert container.process.wait(60) == 0
        late = status(port, "/readyz")

    assert (early, late) == (503, 200)
    assert prepared.stdout.splitlines()[-2:] == ["The user 'admin' is made.", "The service is prepared."]


def test_a_preparation_that_is_stopped_while_it_waits_says_so(parts: dict[str, str], tmp_path: Path) -> None:
    url = DATABASE_URL.rpartition("/")[0] + f"/{NAME}"
    command = ("python", "manage.py", "prepare_service")
    with psycopg.connect(url, autocommit=True) as holder, running(tmp_path, command, service="kitchen", **parts) as job:
        holder.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        until(lambda: "Waiting: another process" in job.out.read_text(), seconds=60, what="it waits for the lock")

        code = job.end(signal.SIGTERM)

    assert code == 1
    assert job.err.read_text().splitlines()[-1] == "CommandError: migrate was stopped; run the command again."
