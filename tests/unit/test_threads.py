"""A process ends with the threads that it cannot do without."""

import os
import subprocess
import sys

import pytest

from tests.faults.deployment import ROOT

ALONE = """
import asyncio, logging, threading, time
from postroad.threads import VitalThread

logging.basicConfig()
told = threading.Event()

def work():
    {work}

VitalThread(work, name="vital", is_told=told.is_set).start()
{then}
time.sleep(30)
"""
PLATFORM = """
import threading, time
import django
django.setup()
from django.core.management import call_command
from postroad.composition import installed
from postroad.messaging.outbox.relay import Relay
from postroad.processes import consumers as consumer
from postroad.processes.embedded import Embedded

call_command("migrate", verbosity=0)

def fail(*_, **__):
    raise {error}

{place} = fail
Embedded(installed()).start()
time.sleep(30)
"""


def run(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    given = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-c", code], env=given, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "work",
    [
        "raise ValueError('no')",
        "raise SystemExit(0)",
        "raise KeyboardInterrupt",
        "raise asyncio.CancelledError",
        "return",
    ],
)
def test_a_process_ends_with_its_vital_thread(work: str) -> None:
    done = run(ALONE.format(work=work, then=""))

    assert done.returncode == os.EX_SOFTWARE
    assert "thread ended by itself; the process ends" in done.stderr


@pytest.mark.parametrize("work", ["told.wait()", "told.wait(); raise ValueError('late')"])
def test_a_thread_that_was_told_to_end_ends_alone(work: str) -> None:
    done = run(ALONE.format(work=work, then="told.set(); time.sleep(0.2); raise SystemExit(3)"))

    assert done.returncode == 3
    assert "the process ends" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "error", "thread"),
    [
        ("Relay.run_once", "ValueError('relay')", "postroad-relay"),
        ("Relay.run_once", "SystemExit(0)", "postroad-relay"),
        ("consumer.QueueRunner.step", "ValueError('consumer')", "postroad-consumer"),
        ("consumer.QueueRunner.step", "SystemExit(0)", "postroad-consumer"),
    ],
)
def test_the_one_process_mode_ends_with_its_relay_or_a_consumer(
    place: str, error: str, thread: str, tmp_path: object
) -> None:
    done = run(
        PLATFORM.format(place=place, error=error),
        DJANGO_SETTINGS_MODULE="config.settings.embedded",
        VAR_DIR=str(tmp_path),
    )

    assert done.returncode == os.EX_SOFTWARE, done.stderr
    assert f"thread ended by itself; the process ends: {thread}" in done.stderr + done.stdout


TERMINATED = """
import signal, sys, threading
from postroad.threads import on_termination

stop = threading.Event()
on_termination(stop.set)
with stop._cond:  # as inside Event.wait
    signal.raise_signal(signal.{name})
sys.exit(0 if stop.wait(20) else 3)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_between_any_two_instructions_of_a_wait_ends_it(name: str) -> None:
    done = subprocess.run([sys.executable, "-c", TERMINATED.format(name=name)], timeout=30, check=False)

    assert done.returncode == 0
