"""The script with which the migration Job waits for its servers."""

import os
import socket
import subprocess
import sys

import pytest

from tests.support.helm import CHART

SCRIPT = (CHART / "files" / "wait_for_servers.py").read_text()


def wait(seconds: float, **variables: str) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith(("DATABASE_", "BROKER_"))}
    return subprocess.run(
        [sys.executable, "-c", SCRIPT, str(seconds)],
        env={**own, **variables},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_it_ends_once_both_servers_take_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as database, socket.create_server(("127.0.0.1", 0)) as broker:
        ended = wait(
            10,
            DATABASE_HOST="127.0.0.1",
            DATABASE_PORT=str(database.getsockname()[1]),
            BROKER_URL=f"amqp://user:secret@127.0.0.1:{broker.getsockname()[1]}/shop",
        )

    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": "1"}, "127.0.0.1:1"),
        ({"DATABASE_URL": "postgresql://user:secret@127.0.0.1:1/orders"}, "127.0.0.1:1"),
    ],
)
def test_a_server_that_stays_away_is_named_and_no_secret_told(variables: dict[str, str], place: str) -> None:
    ended = wait(0, **variables)

    assert ended.returncode == 1
    assert f"{place} takes no connections" in ended.stderr
    assert "secret" not in ended.stdout + ended.stderr
