"""Writes the table of values in the chart's README from the comments of values.yaml; `--check` only compares."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parent.parent / "helm" / "postroad"
BEGIN, END = "<!-- values: made by scripts/chart_readme.py -->", "<!-- end of values -->"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of values.yaml; `text` is the comment above it, `children` are all keys below it."""

    path: str
    text: str
    default: object
    children: tuple["Key", ...]

    @property
    def has_told_children(self) -> bool:
        """Whether a key below it has a comment."""
        return any(child.text or child.has_told_children for child in self.children)


def read_keys(text: str) -> tuple[Key, ...]:
    """Return the keys of a values file, each with its comment."""
    return tuple(_keys_of(yaml.compose(text, Loader=yaml.SafeLoader), "", text.splitlines()))


def _keys_of(node: yaml.Node | None, prefix: str, lines: list[str]) -> Iterator[Key]:
    if not isinstance(node, yaml.MappingNode):
        return
    for key, value in node.value:
        path = f"{prefix}{key.value}"
        yield Key(
            path=path,
            text="" if node.flow_style else _comment_above(key.start_mark.line, lines),
            default=yaml.SafeLoader("").construct_document(value),
            children=tuple(_keys_of(value, f"{path}.", lines)),
        )


def _comment_above(line: int, lines: list[str]) -> str:
    found: list[str] = []
    for text in map(str.strip, reversed(lines[:line])):
        if not text.startswith("#"):
            break
        found.insert(0, text.removeprefix("#").strip())
    return " ".join(found)


def untold(keys: tuple[Key, ...]) -> list[str]:
    """Return the paths of keys that no comment explains: neither theirs, nor that of a key that speaks for its whole."""
    found = []
    for key in keys:
        if key.has_told_children:
            found += untold(key.children)
        elif not key.text:
            found.append(key.path)
    return found


def table(keys: tuple[Key, ...]) -> str:
    """Return the Markdown table: a line for each key with a comment."""
    return "\n".join(["| key | default | what it says |", "| --- | --- | --- |", *_rows(keys)])


def _rows(keys: tuple[Key, ...]) -> Iterator[str]:
    for key in keys:
        if key.text:
            default = "" if key.has_told_children else f"`{json.dumps(key.default)}`"
            yield f"| `{key.path}` | {_cell(default)} | {_cell(key.text)} |"
        yield from _rows(key.children)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def renew(readme: str, values: str) -> str:
    """Return the README with the table of these values."""
    head, _, rest = readme.partition(BEGIN)
    return f"{head}{BEGIN}\n{table(read_keys(values))}\n{END}{rest.partition(END)[2]}"


def main(arguments: list[str]) -> int:
    """Write or compare; return the exit code."""
    file = CHART / "README.md"
    present = file.read_text(encoding="utf-8")
    wanted = renew(present, (CHART / "values.yaml").read_text(encoding="utf-8"))
    if present == wanted:
        return 0
    if "--check" in arguments:
        print(f"{file} is out of date; run: python scripts/chart_readme.py", file=sys.stderr)
        return 1
    file.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
