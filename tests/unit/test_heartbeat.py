"""The heartbeat file: touched while its owner gets on, and what happens when it cannot be."""

import itertools
import os
import threading
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings
from typing_extensions import override

from postroad.errors import InvalidSetting
from postroad.messaging.broker import PublishResult
from postroad.messaging.outbox import relay as relays
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import Wakeup
from postroad.processes import heartbeat
from postroad.processes.heartbeat import Heartbeat
from tests.messaging.test_relay import bake, waiting
from tests.support.publishers import ObedientPublisher


class Clock:
    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (relays, heartbeat):
        monkeypatch.setattr(module.time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def path(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / "alive"
    settings.POSTROAD = {"HEARTBEAT_FILE": str(path)}
    return path


def grow_old(path: Path) -> None:
    os.utime(path, (1, 1))


def test_a_beat_makes_the_file_young_again(path: Path, clock: Clock) -> None:
    heart = Heartbeat()
    grow_old(path)
    heart.beat()
    grow_old(path)
    clock.now += 0.5
    heart.beat()
    too_early = path.stat().st_mtime
    clock.now += 0.5
    heart.beat()

    assert too_early == 1
    assert path.stat().st_mtime > 1


def test_a_file_that_was_deleted_is_made_again(path: Path, clock: Clock) -> None:
    heart = Heartbeat()
    path.unlink()
    heart.beat()

    assert path.exists()


def test_without_the_setting_nothing_is_touched(tmp_path: Path, settings: Settings) -> None:
    settings.POSTROAD = {}
    heart = Heartbeat()
    heart.beat()

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_is_named_at_the_start_with_its_setting(
    tmp_path: Path, settings: Settings
) -> None:
    settings.POSTROAD = {"HEARTBEAT_FILE": str(tmp_path / "nowhere" / "alive")}

    with pytest.raises(InvalidSetting, match=r"HEARTBEAT_FILE '.*/nowhere/alive' cannot be written \(No such file"):
        Heartbeat()


def test_a_file_that_cannot_be_written_later_ends_nothing_and_is_told(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    heart = Heartbeat()
    path.unlink()
    path.parent.rmdir()
    heart.beat()

    assert "heartbeat file cannot be written" in caplog.text


def test_a_relay_that_may_not_write_its_file_says_so_and_ends(tmp_path: Path, settings: Settings) -> None:
    settings.POSTROAD = {"HEARTBEAT_FILE": str(tmp_path / "nowhere" / "alive")}

    with pytest.raises(CommandError, match="HEARTBEAT_FILE"):
        call_command("relay")


class Rest(Wakeup):
    """A wait that costs no time: the clock moves instead; after some waits the relay is stopped."""

    def __init__(self, clock: Clock, stop: threading.Event, *, waits: int) -> None:
        self._clock, self._stop, self._waits = clock, stop, waits
        self.seconds: list[float] = []

    @override
    def idle(self) -> None:
        pass

    @override
    def busy(self) -> None:
        pass

    @override
    def wait(self, seconds: float) -> bool:
        self.seconds.append(seconds)
        self._clock.now += seconds
        if len(self.seconds) == self._waits:
            self._stop.set()
        return False

    @override
    def ring(self) -> None:
        pass


@pytest.mark.django_db
def test_a_relay_beats_each_second_while_its_broker_is_away(clock: Clock) -> None:
    publisher, stop, beats = ObedientPublisher(), threading.Event(), list[float]()
    publisher.judge = lambda _: PublishResult.UNKNOWN
    rest = Rest(clock, stop, waits=100)
    bake(1, 2, 3, 4)

    Relay(publisher, rest, is_durable=True).run(stop, beat=lambda: beats.append(clock.now))

    gaps = [after - before for before, after in itertools.pairwise(beats)]
    assert max(gaps) <= 1.001
    assert clock.now - 1000 > 90
    assert len(publisher.batches) < 20


@pytest.mark.django_db
def test_a_relay_that_hangs_beats_no_more_and_one_asked_to_end_finishes_its_batch(clock: Clock) -> None:
    publisher, stop, beats = ObedientPublisher(), threading.Event(), list[float]()
    bake(1)

    def hang(_: object) -> PublishResult:
        clock.now += 600
        stop.set()
        return PublishResult.CONFIRMED

    publisher.judge = hang
    Relay(publisher, Rest(clock, stop, waits=1), is_durable=True).run(stop, beat=lambda: beats.append(clock.now))

    assert max(beats) < 1600
    assert waiting() == []
