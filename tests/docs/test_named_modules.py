"""Docstrings and comments name only modules that exist.

A name is judged if it starts with one of our packages and has a further part, dotted or as a path: `postroad.retry` or
`apps/shared/rest.py`.  A bare word such as `domain` may be a module, a function or a field, so it is not judged.
The last part of a dotted name may be a class or function of the module before it; `postroad.Rejected` is a class or the
wire name of a message, not a module.  A dotted name that starts with a package inside of `postroad` is judged as well, and
so is a module after "See also:", which may be named from its own folder or the folder above.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("postroad", "apps", "config")
INNER = "|".join(sorted(folder.name for folder in (ROOT / "postroad").iterdir() if folder.is_dir()))
SHORT = re.compile(rf"`((?:{INNER})(?:\.\w+)+)`")
SEE_ALSO = re.compile(r"See also: `(\w+)`")
NAMED = re.compile(r"`((?:postroad|apps|config)(?:\.\w+)+|(?:postroad|apps|config)(?:/\w+)+(?:\.py|/)?)`")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


def prose(source: str) -> Iterator[str]:
    """Return the docstrings and comments of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def is_there(name: str) -> bool:
    """Whether a name is a file, a package, or something that its module defines."""
    path = ROOT / name if "/" in name else ROOT.joinpath(*name.split("."))
    if re.fullmatch(r"postroad\.[A-Z]\w*", name) or path.exists() or path.with_suffix(".py").exists():
        return True
    owner = path.parent
    file = owner.with_suffix(".py") if owner.with_suffix(".py").exists() else owner / "__init__.py"
    return "/" not in name and file.exists() and re.search(rf"\b{path.name}\b", file.read_text()) is not None


def stale(source: str, folder: Path = ROOT) -> list[str]:
    """Return the names in docstrings and comments that lead nowhere."""
    found = []
    for text in prose(source):
        found += [name for name in NAMED.findall(text) if not is_there(name)]
        found += [name for name in SHORT.findall(text) if not is_there(f"postroad.{name}")]
        found += [name for name in SEE_ALSO.findall(text) if not is_beside(name, folder)]
    return found


def is_beside(name: str, folder: Path) -> bool:
    """Whether a module or package of this name is in the folder or the one above."""
    paths = [place / name for place in (folder, folder.parent)]
    return any(path.is_dir() or path.with_suffix(".py").exists() for path in paths)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_names_only_modules_that_exist(module: Path) -> None:
    assert stale(module.read_text(), module.parent) == []


@pytest.mark.parametrize(
    "name",
    ["postroad.runtime.worker", "apps/rpc.py", "messaging.no_such_module", "postroad.retry.nothing_of_this_name"],
)
def test_a_name_that_leads_nowhere_is_found(name: str) -> None:
    assert stale(f'"""See `{name}`."""\n# and `{name}`\n') == [name, name]


@pytest.mark.parametrize("name", ["postroad.retry", "apps/shared/rest.py", "postroad.errors.PostroadError", "domain"])
def test_a_name_that_leads_somewhere_or_cannot_be_judged_is_accepted(name: str) -> None:
    assert stale(f'"""See `{name}`."""\n') == []


def test_a_module_after_see_also_must_exist_too(tmp_path: Path) -> None:
    (tmp_path / "domain.py").touch()

    assert stale('"""Rows.  See also: `domain`, for rules."""', tmp_path) == []
    assert stale('"""Rows.  See also: `manager`, for rules."""', tmp_path) == ["manager"]
