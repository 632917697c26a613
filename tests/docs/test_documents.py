"""What the documents show is what the code is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
EXCERPT = re.compile(r"<!-- (\S+) -->\n```python\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:]+)\)")
PATTERN_FILE = re.compile(
    r"`((?:postroad|apps|config|tests)/[\w/.]+|(?:commands|events|sagas|messaging|brokers|codecs|calls|web|worker|processes|operations|console|metrics|schema)/[\w/.]+)`"
)


def test_the_readme_is_one_hundred_and_fifty_lines_at_most() -> None:
    assert README.count("\n") <= 150


@pytest.mark.parametrize(("file", "excerpt"), EXCERPT.findall(README))
def test_an_excerpt_stands_in_its_file_word_for_word(file: str, excerpt: str) -> None:
    assert excerpt in (ROOT / file).read_text()


def test_the_drawn_layers_are_those_of_the_import_contract() -> None:
    done = subprocess.run(
        [sys.executable, "scripts/layers.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_the_readme_shows_the_saga() -> None:
    assert [file for file, _ in EXCERPT.findall(README)] == ["apps/orders/sagas/create_order.py"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`)make ([a-z0-9-]+)", README, re.MULTILINE))))
def test_every_make_command_of_the_readme_exists(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    missing = [link for link in LINK.findall(document.read_text()) if not (document.parent / link).exists()]

    assert missing == []


def test_every_file_that_the_patterns_name_exists() -> None:
    named = set(PATTERN_FILE.findall((ROOT / "docs" / "patterns.md").read_text()))
    missing = [name for name in named if not (ROOT / name).exists() and not (ROOT / "postroad" / name).exists()]

    assert missing == []


def test_every_requirement_has_a_row() -> None:
    text = (ROOT / "docs" / "patterns.md").read_text()
    groups = {"S": 5, "A": 8, "M": 11, "G": 6, "V": 3}
    wanted = [f"| {letter}{number} |" for letter, count in groups.items() for number in range(1, count + 1)]

    assert [row for row in wanted if row not in text] == []
