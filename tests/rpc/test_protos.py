"""The generated code is what the published contract makes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GENERATED = sorted(path.relative_to(ROOT) for path in ROOT.glob("apps/*/rpc/v1/*_pb2*") if path.suffix != ".pyc")


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which everything was generated again."""
    folder = tmp_path_factory.mktemp("again")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([ROOT / "scripts" / "protos.sh", folder], env={**os.environ, "PATH": path}, check=True)
    return folder


def test_every_file_is_generated(again: Path) -> None:
    assert sorted(path.relative_to(again) for path in again.rglob("*_pb2*")) == GENERATED


@pytest.mark.parametrize("file", GENERATED, ids=str)
def test_generating_again_changes_nothing(again: Path, file: Path) -> None:
    assert (again / file).read_text() == (ROOT / file).read_text()
