"""The tour by curl, as its reader walks it: its own commands in bash and curl, at a real process."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.deployment import ROOT, until
from tests.support.one_process import OneProcess

pytestmark = pytest.mark.slow

TOUR = re.compile(r"^# A tour by curl\n.*?```sh\n(.*?)```", re.DOTALL | re.MULTILINE)
STEP = re.compile(r"((?:[^#\n]*\n)*)([^#\n]*?) +# (.*)\n")  # lines that show nothing, a command, what it answers
_REPEAT_SECONDS = 10.0


class Bash:
    """A shell whose variables and functions last from command to command: all are exported, and kept in between."""

    def __init__(self, home: Path) -> None:
        (home / ".curlrc").write_text("max-time = 10\n")
        self._kept = home / "environment"
        self._environment = {**os.environ, "CURL_HOME": str(home)}

    def run(self, command: str) -> str:
        """Return what a command prints."""
        script = f"{command}\nenv -0 >'{self._kept}'"
        done = subprocess.run(
            ["bash", "-a", "-c", script],  # noqa: S607
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        self._environment = dict(value.split("=", 1) for value in self._kept.read_text().split("\0") if value)
        return done.stdout.strip()

    def repeat(self, command: str, *, until_shown: str) -> str:
        """Run a command until it prints what is shown, or in vain; return what it printed last."""
        deadline = time.monotonic() + _REPEAT_SECONDS
        printed = self.run(command)
        while not is_as_shown(printed, until_shown) and time.monotonic() < deadline:
            printed = self.run(command)
        return printed


def is_as_shown(printed: str, shown: str) -> bool:
    """Whether a shown answer, in which … stands for anything, is what was printed."""
    pieces = [re.escape(piece.strip()) for piece in shown.split("…")]
    return re.fullmatch(".*".join(pieces), printed, re.DOTALL) is not None


def walk(bash: Bash, tour: str) -> list[tuple[str, str]]:
    """Return the answer that is shown and the one that came, of each step until they differ."""
    walked = []
    for silent, command, shown in STEP.findall(tour):
        bash.run(silent)
        walked.append((shown, bash.repeat(command, until_shown=shown)))
        if not is_as_shown(walked[-1][1], shown):
            break
    return walked


@pytest.fixture
def one(tmp_path: Path) -> Iterator[OneProcess]:
    one = OneProcess(tmp_path)
    one.start(demo=True)
    until(lambda: "Ctrl-C stops" in one.output, seconds=20, what="the first order, which everybody sees, has ended")
    yield one
    one.end(signal.SIGKILL)


@pytest.fixture
def bash(tmp_path: Path) -> Bash:
    missing = [name for name in ("bash", "curl") if shutil.which(name) is None]
    assert missing == [], f"the tour needs what is not here: apt-get install {' '.join(missing)}"
    return Bash(tmp_path)


@pytest.fixture
def tour(one: OneProcess) -> str:
    """The tour's commands, for our port."""
    (block,) = TOUR.findall((ROOT / "docs" / "tour-by-curl.md").read_text())
    assert STEP.sub("", block) == ""
    return str(block.replace("localhost:8000", f"localhost:{one.port}"))


def test_every_command_of_the_tour_answers_as_shown(one: OneProcess, bash: Bash, tour: str) -> None:
    walked = walk(bash, tour)

    assert [step for step in walked if not is_as_shown(step[1], step[0])] == []
    assert sorted(one.rows("SELECT state FROM orders_order WHERE id > 1")) == [("APPROVED",), ("CANCELLED",)]
    assert sorted(one.rows("SELECT state FROM delivery_delivery WHERE id > 1")) == [("CANCELLED",), ("DELIVERED",)]
    assert one.rows("SELECT count(*) FROM postroad_dead_letter") == [(0,)]


@pytest.mark.parametrize("shown", ['{…"CANCELLED"…}', '{"orderId":1}', '{"state":"APPROVED",…', '…"orderId":2'])
def test_an_answer_that_is_not_as_shown_is_noticed(shown: str) -> None:
    assert not is_as_shown('{"orderId":2,"state":"APPROVED"}', shown)
