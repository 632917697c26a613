"""Debian's packages of the two servers: where their programs lie, and installing them as root.

Not running them: an installed package's own system service is kept from starting.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from server_process import ServerError, read_tail

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_BACKUP = Path("/usr/sbin/policy-rc.d.before-postroad")
POLICY_TEXT = "#!/bin/sh\n# Postroad, while it installs a package: start no system service\nexit 101\n"
POSTGRESQL_OLDEST = 14


def find_postgresql() -> Path | None:
    """Return the folder of the newest installed PostgreSQL's programs."""
    versions = [int(path.name) for path in Path("/usr/lib/postgresql").glob("[0-9]*") if (path / "bin/initdb").exists()]
    newest = max(versions, default=0)
    return Path(f"/usr/lib/postgresql/{newest}/bin") if newest >= POSTGRESQL_OLDEST else None


def find_rabbitmq() -> Path | None:
    """Return the folder of RabbitMQ's own scripts (not Debian's wrappers, which insist on one data folder)."""
    folder = Path("/usr/lib/rabbitmq/bin")
    return folder if (folder / "rabbitmq-server").exists() else None


def explain_missing(package: str) -> str | None:
    """Return why that package cannot be installed from here, as a sentence with the way out; None if it can."""
    ways_out = f"start a container engine, or install {package!r}, or set TEST_DATABASE_URL and TEST_BROKER_URL"
    if not Path("/usr/bin/apt-get").exists():
        return f"no container engine answers, {package!r} is missing and this is no Debian machine: {ways_out}"
    if os.geteuid() != 0:
        return f"no container engine answers, {package!r} is missing and only root may install it: {ways_out}"
    return None


def install(package: str, *, log: Path) -> None:
    """Install a Debian package without questions and without starting its service.

    Raises: ServerError with the end of apt's own words.
    """
    refusal = explain_missing(package)
    if refusal:
        raise ServerError(refusal)
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"  installing Debian's package {package} …", file=sys.stderr, flush=True)
    with _alone(), _services_kept_from_starting(), log.open("ab") as output:
        _run_apt(
            "update", output=output.fileno()
        )  # an unreachable extra source is no reason to stop; the install tells
        if _run_apt("install", "--no-install-recommends", package, output=output.fileno()) != 0:
            raise ServerError(f"apt-get could not install {package!r}; its last words ({log}):\n{read_tail(log)}")


def _run_apt(*arguments: str, output: int) -> int:
    command = ["apt-get", "--yes", "--quiet", "-o", "DPkg::Lock::Timeout=300", *arguments]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
    ).returncode


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Exclude other checkouts that install at the same time; they would restore each other's policy."""
    with Path("/run/lock/postroad-packages").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _services_kept_from_starting() -> Iterator[None]:
    """Answer 101 ("forbidden") to packages that ask whether their service may start.

    Source: invoke-rc.d(8). A machine whose own policy already forbids it is left as it is.
    """
    if _is_start_forbidden():
        yield
        return
    if POLICY.exists() and not _is_ours():
        POLICY.rename(POLICY_BACKUP)
    try:
        POLICY.write_text(POLICY_TEXT, encoding="ascii")
        POLICY.chmod(0o755)
        yield
    finally:
        POLICY.unlink(missing_ok=True)
        if POLICY_BACKUP.exists():
            POLICY_BACKUP.rename(POLICY)


def _is_start_forbidden() -> bool:
    if not POLICY.exists() or _is_ours():
        return False
    asked = subprocess.run([POLICY, "rabbitmq-server", "start"], capture_output=True, check=False)
    return asked.returncode == 101


def _is_ours() -> bool:
    """Tell whether the policy was left behind by an install that was killed: taken over, and away in the end."""
    return POLICY.read_text(encoding="utf-8", errors="replace") == POLICY_TEXT
