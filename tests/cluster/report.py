"""What a run on a cluster measured, as a page of the documentation."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path

from tests.cluster.tools import run


class Record:
    """Collects lines while the cases run."""

    def __init__(self) -> None:
        self._lines: list[tuple[str, str]] = []

    def add(self, what: str, seconds: float, note: str = "") -> None:
        """Note how long something took."""
        self._lines.append((what, f"{seconds:.1f} s{f'; {note}' if note else ''}"))

    def say(self, what: str, found: str) -> None:
        """Note something that is not a time."""
        self._lines.append((what, found))

    def write(self, page: Path) -> None:
        """Write the page, in place of the one before."""
        versions = json.loads(run("kubectl", "version", "--output", "json"))
        nodes = json.loads(run("kubectl", "get", "nodes", "--output", "json"))["items"]
        cores = nodes[0]["status"]["capacity"]["cpu"]
        server = versions["serverVersion"]["gitVersion"]
        helm = run("helm", "version", "--short").strip()
        rows = "\n".join(f"| {what} | {found} |" for what, found in self._lines)
        page.write_text(
            "# A run on a real cluster\n\n"
            "Written by `make e2e`; do not edit. Times include everything that shares the machine.\n\n"
            f"Taken {datetime.now(tz=UTC):%Y-%m-%d %H:%M} UTC: Kubernetes {server}, {len(nodes)} node(s) of {cores} cores,"
            f" Helm {helm}, {platform.machine()}.\n\n"
            f"| what | found |\n| --- | --- |\n{rows}\n",
            encoding="utf-8",
        )
