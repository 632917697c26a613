"""Handlers that raise what would end a process: counted and parked in the one-process mode, as in a Celery worker."""

import asyncio

import pytest

from postroad.messaging import watch
from postroad.messaging.watch import Attempted, Fact
from postroad.processes.consumers import QueueRunner
from postroad.testing.pump import Pump
from tests.support.letters import bake, parked
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db
ENDS = [SystemExit(), SystemExit("bye"), asyncio.CancelledError(), GeneratorExit(), BaseException("odd")]


@pytest.mark.parametrize("end", ENDS, ids=repr)
def test_what_would_end_a_process_parks_its_message_and_the_others_flow(
    pump: Pump, shop: Shop, end: BaseException
) -> None:
    facts: list[Fact] = []
    with watch.watching(facts.append):
        shop.ends = {2: end}
        bake(1, 2, 3)
        pump.until_quiet()
        shop.ends = {}
        bake(2, 4)

        pump.until_quiet()

    assert sorted(what for what in shop.done if what[0] == "bake") == [("bake", 1), ("bake", 3), ("bake", 4)]
    assert [key for key, _ in parked()] == ["2", "2"]
    assert f"killed its process 2 times: {end!r}" in parked()[0][1]
    assert sum(fact.messages for fact in facts if isinstance(fact, Attempted) and fact.outcome == "lost") >= 2


def test_ctrl_c_in_the_main_thread_is_no_failure_of_a_handler(
    pump: Pump, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.ends = {1: KeyboardInterrupt()}
    bake(1)

    with pytest.raises(KeyboardInterrupt):
        pump.until_quiet()
    assert parked() == []
    assert isinstance(pump.runner, QueueRunner)
