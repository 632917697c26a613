"""Ask whether a locked package is known to be vulnerable: pip-audit, which must have heard of every one of them.

Exit code 0: none is; 1: some are; 2: the result is unknown.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements/base.txt", "requirements/dev.txt")
OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json")
AUDITOR = (sys.executable, "-m", "pip_audit")
MAX_NAMES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What an audit found, for people, and the exit code."""

    text: str
    code: int


def audit(auditor: Sequence[str], options: Sequence[str]) -> Verdict:
    """Audit the lock files; `options` are further ones of pip-audit, such as `-s osv` or `--ignore-vuln`."""
    locks = [option for lock in LOCKS for option in ("--requirement", lock)]
    done = subprocess.run(
        [*auditor, *OPTIONS, *locks, *options], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    try:
        return judge(json.loads(done.stdout)["dependencies"])
    except (ValueError, KeyError):
        last = (done.stderr.strip().splitlines() or [f"pip-audit ended with code {done.returncode}"])[-1]
        return Verdict(text=f"the index of advisories does not answer, so nothing was audited: {last}", code=2)


def judge(dependencies: Sequence[dict[str, Any]]) -> Verdict:
    """Judge the report of pip-audit; a package that it skipped was not audited, so that nothing can be said."""
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version'}"
        for package in dependencies
        for flaw in package.get("vulns", ())
    ]
    if found:
        return Verdict(text="\n".join(found), code=1)
    skipped = [package["name"] for package in dependencies if "skip_reason" in package]
    if skipped or not dependencies:
        names = ", ".join(skipped[:MAX_NAMES]) + (", …" if len(skipped) > MAX_NAMES else "")
        text = f"the index of advisories knows nothing of {len(skipped)} of {len(dependencies)} packages ({names}), so they"
        return Verdict(
            text=f"{text} were not audited: run this where it answers, or name another with ARGS='-s osv'", code=2
        )
    return Verdict(text=f"{len(dependencies)} packages, none known to be vulnerable", code=0)


def main() -> int:
    """Audit, say what was found, and return the exit code."""
    verdict = audit(AUDITOR, sys.argv[1:])
    print(f"audit: {verdict.text}", file=sys.stderr if verdict.code else sys.stdout)
    return verdict.code


if __name__ == "__main__":
    sys.exit(main())
