"""The drawing of the library's layers, made from the import contract in pyproject.toml: `python scripts/layers.py [--check]`.

It is written into README.md and the docstring of `postroad`; each package is described by the first sentence of its docstring.
"""

import ast
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- layers -->\n```\n", "```\n<!-- /layers -->"
PLACES = (
    (ROOT / "README.md", BEGIN, END),
    (ROOT / "postroad" / "__init__.py", "    .. layers\n", "    .. end of layers"),
)
_COLUMN = 12


def main() -> None:
    """Write the drawing where it stands; with --check, fail where it differs."""
    drawing = draw()
    stale = [
        path.name
        for path, begin, end in PLACES
        if not _write(path, begin, end, drawing, is_check="--check" in sys.argv)
    ]
    if stale:
        sys.exit(f"The layers in {', '.join(stale)} are not those of pyproject.toml; run: python scripts/layers.py")


def draw() -> str:
    """Return one line for each package, the highest layer first; modules without a folder share a line."""
    lines = []
    layers = _layers()
    for height, layer in zip(range(len(layers), 0, -1), layers, strict=True):
        names = [name.strip() for name in layer.split("|")]
        packages = [name for name in names if (ROOT / "postroad" / name).is_dir()]
        modules = [name for name in names if name not in packages]
        rows = [f"{name:<{_COLUMN}} {_summary(name)}" for name in packages]
        rows += [", ".join(modules)] if modules else []
        lines += [f"{height if row is rows[0] else '':>2}  {row}".rstrip() for row in rows]
    return "\n".join(lines) + "\n"


def _layers() -> list[str]:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    return list(next(each["layers"] for each in contracts if each.get("containers") == ["postroad"]))


def _summary(package: str) -> str:
    text = ast.get_docstring(ast.parse((ROOT / "postroad" / package / "__init__.py").read_text())) or ""
    return text.partition("\n")[0].rstrip(".")


def _write(path: Path, begin: str, end: str, drawing: str, *, is_check: bool) -> bool:
    """Replace what stands between the marks, indented as they are; return False if a check finds a difference."""
    text = path.read_text()
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    indent = end[: len(end) - len(end.lstrip())]
    wanted = head + begin + "".join(f"{indent}{line}\n" for line in drawing.splitlines()) + end + tail
    if not is_check:
        path.write_text(wanted)
    return not is_check or wanted == text


if __name__ == "__main__":
    main()
