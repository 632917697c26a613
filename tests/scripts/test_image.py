"""`make image` builds with a tool that answers, not with the first that is installed."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.faults.deployment import ROOT

ANSWERS, SILENT = 0, 1


@pytest.fixture
def build(tmp_path: Path) -> "Build":
    return Build(tmp_path)


class Build:
    """scripts/image.sh with tools that only note what they were asked, and `info` as they are told."""

    def __init__(self, home: Path) -> None:
        self._tools, self._asked = home / "tools", home / "asked"
        self._tools.mkdir()
        for program in ("bash", "env", "sed", "git", "timeout", "sh"):
            (self._tools / program).symlink_to(f"/usr/bin/{program}")

    def __call__(self, *, container_tool: str = "", **info: int) -> "subprocess.CompletedProcess[str]":
        for tool, code in info.items():
            script = self._tools / tool
            script.write_text(f'#!/bin/sh\necho "{tool} $1" >> {self._asked}\n[ "$1" != info ] || exit {code}\n')
            script.chmod(0o755)
        environment = {"PATH": str(self._tools), "HOME": os.environ.get("HOME", "/")}
        if container_tool:
            environment["CONTAINER_TOOL"] = container_tool
        return subprocess.run(
            ["/usr/bin/bash", "scripts/image.sh"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def builder(self) -> str:
        return next(line.split()[0] for line in self._asked.read_text().splitlines() if line.endswith(" build"))


def test_a_client_whose_daemon_does_not_answer_is_passed_over(build: Build) -> None:
    done = build(docker=SILENT, podman=ANSWERS, buildah=ANSWERS)

    assert done.returncode == 0, done.stderr
    assert build.builder == "podman"


def test_the_first_that_answers_builds(build: Build) -> None:
    done = build(docker=ANSWERS, podman=ANSWERS)

    assert done.returncode == 0, done.stderr
    assert build.builder == "docker"


def test_a_chosen_tool_builds_whatever_else_answers(build: Build) -> None:
    done = build(docker=ANSWERS, buildah=ANSWERS, container_tool="buildah")

    assert done.returncode == 0, done.stderr
    assert build.builder == "buildah"


def test_nothing_that_answers_is_said_of_each_tool(build: Build) -> None:
    done = build(docker=SILENT, podman=SILENT)

    assert done.returncode == 1
    assert "docker is here but 'docker info' fails" in done.stderr
    assert "buildah is not installed" in done.stderr
