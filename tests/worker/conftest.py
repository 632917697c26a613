import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from postroad.brokers.rabbitmq.connection import read_url
from tests.brokers.proxy import Proxy
from tests.worker.office import NOTES_TABLE, ROOT, Office


@pytest.fixture(scope="session")
def broker_url() -> str:
    url = os.environ.get("TEST_BROKER_URL", "")
    assert url, "TEST_BROKER_URL is not set; run: python scripts/servers.py exec -- python -m pytest"
    return url


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database, to be copied."""
    path = tmp_path_factory.mktemp("template") / "notes.sqlite3"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "TEST_DATABASE_URL": f"sqlite:///{path}",
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "django", "migrate", "--verbosity", "0", "postroad_messaging"]
    subprocess.run(command, env=environment, cwd=ROOT, check=True)
    with sqlite3.connect(path) as database:
        database.execute(NOTES_TABLE)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def open_office(tmp_path: Path, broker_url: str, template: Path) -> Iterator[Callable[[int], Office]]:
    """Open an office of so many shards."""
    offices: list[Office] = []

    def opened(shards: int) -> Office:
        offices.append(Office(tmp_path, broker_url=broker_url, template=template, shards=shards))
        return offices[-1]

    yield opened
    for office in offices:
        office.close()


@pytest.fixture
def office(open_office: Callable[[int], Office]) -> Office:
    return open_office(2)


@pytest.fixture
def proxy(broker_url: str) -> Iterator[Proxy]:
    server = read_url(broker_url)
    proxy = Proxy(server.host, server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def proxied_url(broker_url: str, proxy: Proxy) -> str:
    return broker_url.replace(f":{read_url(broker_url).port}", f":{proxy.port}")
