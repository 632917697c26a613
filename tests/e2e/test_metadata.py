"""What the built distribution says of itself: a description whose links lead somewhere, addresses, authors."""

import re
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from tests.e2e.test_wheel import run
from tests.faults.deployment import ROOT

pytestmark = pytest.mark.slow

LINK = re.compile(r"\]\(([^)\s]+)|(?:src|href)=\"([^\"]+)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def metadata(built: list[Path]) -> Message:
    (wheel,) = [path for path in built if path.suffix == ".whl"]
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def test_the_index_takes_both_without_a_warning(built: list[Path]) -> None:
    command = [sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_every_link_of_the_description_is_absolute(metadata: Message) -> None:
    text = str(metadata.get_payload())
    links = ["".join(found) for found in LINK.findall(text)]

    assert metadata["Description-Content-Type"] == "text/markdown"
    assert len(links) > 10
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_every_link_to_a_file_of_ours_names_one_that_is_there(metadata: Message) -> None:
    start = "https://postroad.dev/source/"
    links = ["".join(found) for found in LINK.findall(str(metadata.get_payload()))]
    ours = [link.removeprefix(start).partition("#")[0] for link in links if link.startswith(start)]

    assert ours
    assert [path for path in ours if not (ROOT / path).exists()] == []


def test_it_says_who_made_it_and_where_to_look(metadata: Message) -> None:
    urls = dict(str(line).split(", ", 1) for line in metadata.get_all("Project-URL", []))

    assert metadata["Author"] == "The Postroad authors"
    assert metadata["License-Expression"] == "Apache-2.0"
    assert urls.keys() == {"Homepage", "Documentation", "Source", "Changelog"}
    assert all(url.startswith("https://") for url in urls.values())
