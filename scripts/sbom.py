"""Write the bill of materials of a locked set of requirements: CycloneDX 1.6, as JSON.

Run by the image's build with the image's own Python, so that it lists what that Python gets of the lock file; it needs
nothing but pip. Not a scanner: see `audit.py`.
"""

import argparse
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    from packaging.markers import Marker
except ImportError:  # in the image's build
    from pip._vendor.packaging.markers import Marker  # type: ignore[assignment]  # the same class, elsewhere

PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>[^\\\n]+?))? \\$", re.MULTILINE)
NAMESPACE = uuid.UUID("b7a0c1c6-3a3f-4a9e-9d0e-5f0c7a3d2b11")
"""Of serial numbers: the same lock file has the same one."""


def list_pins(lock: str) -> Iterator[tuple[str, str]]:
    """Yield name and version of what this Python installs of a lock file."""
    for pin in PIN.finditer(lock):
        if pin["marker"] is None or Marker(pin["marker"].strip()).evaluate():
            yield pin["name"], pin["version"]


def describe(lock: str, *, version: str) -> dict[str, Any]:
    """Return the bill of materials; `version` is that of Postroad."""
    components = [_component(name, version=pinned) for name, pinned in sorted(list_pins(lock))]
    main = {"type": "application", "bom-ref": "postroad", "name": "postroad", "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, version + lock)}",
        "version": 1,
        "metadata": {"component": main},
        "components": components,
        "dependencies": [{"ref": main["bom-ref"], "dependsOn": [component["bom-ref"] for component in components]}],
    }


def _component(name: str, *, version: str) -> dict[str, str]:
    purl = f"pkg:pypi/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def main() -> None:
    """Write the bill of a lock file to a file."""
    parser = argparse.ArgumentParser(prog="sbom.py", description="CycloneDX of a lock file.")
    parser.add_argument("lock", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--version", default="dev", help="of Postroad")
    given = parser.parse_args()
    bill = describe(given.lock.read_text(encoding="utf-8"), version=given.version)
    given.output.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
