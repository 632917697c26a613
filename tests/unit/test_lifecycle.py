"""The start and stop lines of processes are seen in any configuration of logging."""

import logging

import pytest

from postroad.processes import lifecycle


def test_a_plain_project_sees_the_lines_on_stderr(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = logging.getLogger("bare")
    bare.propagate = False  # as Django's default LOGGING leaves it: no handler anywhere
    monkeypatch.setattr(lifecycle, "log", bare)
    lifecycle.tell_started("relay", "outbox of 'default' to amqp://broker/")
    lifecycle.tell_stopped("relay", "outbox of 'default' to amqp://broker/")
    lines = capsys.readouterr().err.splitlines()

    assert [line.split(" (")[0] for line in lines] == ["Postroad relay started", "Postroad relay stopped"]
    assert lines[0].endswith(f"({lifecycle.version()}): outbox of 'default' to amqp://broker/")


def test_handlers_get_the_lines_whatever_the_level_is(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("postroad").setLevel(logging.ERROR)
    try:
        lifecycle.tell_started("worker", "x")
    finally:
        logging.getLogger("postroad").setLevel(logging.NOTSET)

    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert caplog.records[0].role == "worker"  # type: ignore[attr-defined]  # from `extra`
