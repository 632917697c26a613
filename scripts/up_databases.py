"""One database per service on one server, migrated, and the service's channels on the broker.

Not the servers: see `servers.py`.
"""

import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qsl, unquote

import psycopg
from psycopg import sql
from server_process import ServerError, read_tail
from up_screen import Screen
from up_table import LOGS, PROJECT, WITHOUT_DATABASE, inherit_environment, list_preparations, name_database

from postroad.secrecy import split_url

AT_ONCE = 2  # each is a Python that imports Django and works one core
COMMAND_SECONDS = 300


def create_databases(server_url: str, *, services: Iterable[str]) -> None:
    """Create the services' databases where they are missing.

    Raises: ServerError with PostgreSQL's words.
    """
    try:
        with psycopg.connect(**_parameters(server_url), autocommit=True) as connection:
            existing = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
            for name in [name_database(service) for service in services if service not in WITHOUT_DATABASE]:
                if name not in existing:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    except psycopg.Error as error:
        raise ServerError(f"the services' databases cannot be made on the database server: {error}") from error


def _parameters(url: str) -> dict[str, Any]:
    """Return the parts of a URL as libpq takes them; its own reading of a URL would quote that in an error."""
    parts = split_url(url)
    given = {"host": parts.hostname, "port": parts.port, "dbname": parts.path[1:] or "postgres"}
    login = {"user": unquote(parts.username or ""), "password": unquote(parts.password or "")}
    return {name: value for name, value in {**given, **login, **dict(parse_qsl(parts.query))}.items() if value}


def prepare_services(environments: Mapping[str, Mapping[str, str]], *, screen: Screen) -> None:
    """Migrate each service's database and declare its channels, a few services at a time.

    Raises: ServerError of the first service that failed.
    """
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        attempts = {
            service: pool.submit(_prepare, service, environment=environment, screen=screen)
            for service, environment in environments.items()
            if service not in WITHOUT_DATABASE
        }
    for attempt in attempts.values():
        attempt.result()


def _prepare(service: str, *, environment: Mapping[str, str], screen: Screen) -> None:
    for command in list_preparations(service):
        name = command[2]
        log = LOGS / f"{service}-{name}.log"
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                env={**inherit_environment(), **environment},
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        if done.returncode != 0:
            raise ServerError(f"'manage.py {name}' of {service} failed; end of {log}:\n{read_tail(log)}")
    screen.tick(service, "database migrated, channels declared")
