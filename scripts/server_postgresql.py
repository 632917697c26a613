"""A private PostgreSQL from Debian's package: own data, own port, own password.

Not for production: one user, no backups. Durability is PostgreSQL's own default (fsync on), so that
crash tests mean something.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from server_packages import find_postgresql, install
from server_private import PrivateServer
from server_probe import is_postgresql_ready
from server_process import ServerError, find_account

NAME = "postgresql"
MAX_CONNECTIONS = 300  # eight services with web, worker and relay, and the tests' own, with room


class PrivatePostgresql(PrivateServer):
    """PostgreSQL."""

    name = NAME
    role = "database"
    title = "PostgreSQL"
    account = "postgres"
    start_seconds = 30.0  # recovery after a kill included; a fresh start takes about one second
    stop_seconds = 30.0  # a fast shutdown writes a checkpoint
    is_ready = staticmethod(is_postgresql_ready)

    @property
    def url(self) -> str:
        """The URL of the maintenance database, for a superuser."""
        return f"postgresql://postroad:{self._home.password(NAME)}@127.0.0.1:{self._home.port(NAME)}/postgres"

    def start(self) -> None:
        """Install, make the data folder and start, whatever of it is missing; return once it answers.

        Raises: ServerError with the end of the log.
        """
        if self.is_running():
            return
        self.stop()
        programs = find_postgresql() or self._install()
        folder = self._prepare(programs)
        command = self._command(programs, folder=folder, port=self._home.refresh_port(NAME))
        self._wait_until_ready(self._spawn(command, environment=build_environment(), folder=folder))

    def stop(self, *, kill: bool = False) -> None:
        """Shut down fast (open transactions roll back), or with SIGKILL as a crash would."""
        self._end(signal.SIGKILL if kill else signal.SIGINT)

    def _install(self) -> Path:
        install("postgresql", log=self._home.logs / "packages.log")
        programs = find_postgresql()
        if programs is None:
            raise ServerError("the package 'postgresql' is installed, but holds no PostgreSQL 14 or newer")
        return programs

    def _command(self, programs: Path, *, folder: Path, port: int) -> list[str | Path]:
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": MAX_CONNECTIONS,
            "cluster_name": f"postroad-{self._home.slug}",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return [programs / "postgres", "-D", folder, *options]

    def _prepare(self, programs: Path) -> Path:
        """Return the data folder, made whole if it is missing, freed of a crash's leftovers if not."""
        folder = self._home.data / NAME
        if not folder.exists():
            self._initialise(programs, folder=folder)
        _forget_stale_lock(folder)
        return folder

    def _initialise(self, programs: Path, *, folder: Path) -> None:
        """Make the data folder under another name first: one that exists is complete."""
        draft = folder.with_name(f"{NAME}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = folder.with_name(f"{NAME}.password")
        secret.touch(mode=0o600)
        secret.write_text(self._home.password(NAME), encoding="ascii")
        account = find_account("postgres")
        if account:
            os.chown(draft, account.uid, account.gid)
            os.chown(secret, account.uid, account.gid)
        options = ("--username=postroad", f"--pwfile={secret}", "--auth=scram-sha-256")
        locale = ("--encoding=UTF8", "--locale=C.UTF-8")
        try:
            made = subprocess.run(
                [programs / "initdb", "-D", draft, *options, *locale],
                env=build_environment(),
                cwd=draft,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            secret.unlink()
        if made.returncode != 0:
            raise ServerError(f"PostgreSQL's initdb failed in {draft}:\n{made.stdout[-800:]}{made.stderr[-800:]}")
        draft.rename(folder)


def build_environment() -> dict[str, str]:
    """Return an environment without the caller's PG… variables."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _forget_stale_lock(folder: Path) -> None:
    """Remove `postmaster.pid` if its process is no PostgreSQL in this folder.

    PostgreSQL refuses to start when the number now belongs to another process of its own user, which
    happens after a restart of the machine. A running server has a file in its data folder, so the two cases can be distinguished.
    """
    lock = folder / "postmaster.pid"
    if not lock.exists():
        return
    pid = lock.read_text(encoding="utf-8", errors="replace").partition("\n")[0].strip()
    try:
        is_ours = Path(f"/proc/{pid}/cwd").resolve(strict=True) == folder
    except OSError:
        is_ours = False
    if is_ours:
        raise ServerError(f"process {pid} is a PostgreSQL on {folder} that was not started from here: stop it first")
    lock.unlink()
