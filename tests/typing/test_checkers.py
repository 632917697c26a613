"""What mypy and pyright say of a service: nothing of the one on the page, and all mistakes of the one that is wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "how-to" / "write-a-service.md").read_text()
FILES = dict(re.findall(r"^`hotel/(\w+\.py)`.*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
MISTAKES = (Path(__file__).parent / "mistakes.txt").read_text()
WRONG = {f"mistakes.py:{number}" for number, line in enumerate(MISTAKES.splitlines(), 1) if "# error" in line}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    (folder / "hotel").mkdir()
    for name, text in {"__init__.py": "", **FILES}.items():
        (folder / "hotel" / name).write_text(text)
    (folder / "mistakes.py").write_text(MISTAKES)
    settings = {"typeCheckingMode": "standard", "extraPaths": [str(ROOT)]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\nfollow_imports = silent\n")
    return folder


def places(text: str) -> set[str]:
    """Return file and line of each error."""
    return {
        f"{Path(file).name}:{line}"
        for file, line in re.findall(r"^\s*(\S+?\.py):(\d+).*?\berror: ", text, re.MULTILINE)
    }


def test_mypy_finds_the_mistakes_and_nothing_else(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "hotel", "mistakes.py"],
        cwd=project, env={"MYPYPATH": f"{project}:{ROOT}", "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert places(done.stdout) == WRONG, done.stdout + done.stderr


def test_pyright_finds_the_mistakes_and_nothing_else(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "."],
        cwd=project, env={"PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert places(done.stdout) == WRONG, done.stdout + done.stderr
