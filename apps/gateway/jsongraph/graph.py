"""Builds a JSON Graph and its sentinels: atom, reference, error.  Pure functions.

Source: "JSON Graph", Falcor's documentation.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.gateway.jsongraph.paths import InvalidPathSet, Path

MISSING: Mapping[str, Any] = {"$type": "atom"}
"""An atom without value: there is nothing at this path."""


class Branch(dict[str, object]):
    """An inner node; every other object in a graph is a value."""


def leaf(value: object) -> object:
    """Return a value in its graph form: an object or array becomes an atom."""
    return {"$type": "atom", "value": value} if isinstance(value, dict | list) else value


def reference(*path: object) -> dict[str, Any]:
    """Return a reference to a path."""
    return {"$type": "ref", "value": list(path)}


def error(code: str, detail: str, *, fields: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """Return an error sentinel."""
    value = {"code": code, "detail": detail}
    return {"$type": "error", "value": {**value, "fields": dict(fields)} if fields else value}


def build(found: Iterable[tuple[Path, object]]) -> Branch:
    """Return the graph of the values at some paths; a missing value never replaces an existing one."""
    graph = Branch()
    for path, value in sorted(found, key=lambda each: each[1] is MISSING):
        _put(graph, path, value)
    return graph


def _put(graph: Branch, path: Path, value: object) -> None:
    """Put a value at a path, unless a shorter or a longer path already has a value there."""
    node: object = graph
    for key in path[:-1]:
        if not isinstance(node, Branch):
            return
        node = node.setdefault(str(key), Branch())
    if isinstance(node, Branch):
        node.setdefault(str(path[-1]), value)


def value_at(graph: object, path: Path) -> object:
    """Return the value at a path of a client's graph; an atom is unwrapped.

    Raises:
        InvalidPathSet: There is no value.
    """
    node = graph
    for key in path:
        if not isinstance(node, dict) or str(key) not in node:
            raise InvalidPathSet(f"jsonGraph has nothing at {list(path)}.")
        node = node[str(key)]
    is_atom = isinstance(node, dict) and node.get("$type") == "atom"
    return node.get("value") if is_atom and isinstance(node, dict) else node
