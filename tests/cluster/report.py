"""What runs on clusters measured, as a page of the documentation: one row a thing, the newest."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.tools import run

HEAD = """# Runs on a real cluster

Written by `make e2e`, which renews the rows of the cases that ran; do not edit. Times include everything that shares
the machine: on the cluster below control plane, nodes, customers and both servers have two cores together.

| what | found | taken |
| --- | --- | --- |
"""
ROW = re.compile(r"\| (?P<what>[^|]+) \| (?P<found>[^|]+) \| (?P<taken>[^|]+) \|")


class Record:
    """Collects rows while the cases run."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def add(self, what: str, seconds: float, note: str = "") -> None:
        """Note how long something took."""
        self._found[what] = f"{seconds:.1f} s{f'; {note}' if note else ''}"

    def say(self, what: str, found: str) -> None:
        """Note something that is not a time."""
        self._found[what] = found

    def write(self, page: Path) -> None:
        """Renew the rows of the page; those of cases that did not run stay as they are."""
        rows = {
            row["what"]: (row["found"], row["taken"]) for row in ROW.finditer(page.read_text()) if row["what"] != "what"
        }
        taken = _where_and_when() if self._found else ""
        rows.update({what: (found, taken) for what, found in self._found.items()})
        lines = "".join(f"| {what} | {found} | {when} |\n" for what, (found, when) in rows.items() if "---" not in what)
        page.write_text(HEAD + lines, encoding="utf-8")


def _where_and_when() -> str:
    version = json.loads(run("kubectl", "version", "--output", "json"))["serverVersion"]["gitVersion"]
    nodes = json.loads(run("kubectl", "get", "nodes", "--output", "json"))["items"]
    helm = run("helm", "version", "--short").strip().partition("+")[0]
    size = f"{len(nodes)} node{'s' if len(nodes) > 1 else ''} of {nodes[0]['status']['capacity']['cpu']} cores"
    return f"{datetime.now(tz=UTC):%Y-%m-%d}, Kubernetes {version}, {size}, Helm {helm}"
