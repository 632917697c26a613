"""Servers for development, on a machine whose container engine answers but starts nothing."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from tests.faults.deployment import ROOT


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    return import_module("servers")


def test_containers_that_never_answered_are_removed_before_packages_take_over(
    servers: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def start(home: Any, *, with_containers: bool) -> list[Any]:
        done.append("containers" if with_containers else "packages")
        for role in ("database", "broker"):
            home.remember_source(role, "container" if with_containers else "private")
        if with_containers:
            raise servers.ContainerError("nobody answers")
        return []

    monkeypatch.setattr(servers, "_start_chosen", start)
    monkeypatch.setattr(servers.ContainerServer, "remove", lambda server: done.append("removed"))

    servers.start_servers(servers.Home(tmp_path), holder="test")

    assert done == ["containers", "removed", "packages"]
    assert "no containers: nobody answers" in capsys.readouterr().err
