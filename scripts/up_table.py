"""What `make up` runs: services, ports, processes, their commands and their environment.

Not how they are run: see `up_supervisor.py`. A new service or process is a line here.
"""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

PROJECT = Path(__file__).resolve().parent.parent
VAR = PROJECT / "var"
LOGS = VAR / "log"
PROGRAMS = Path(sys.prefix) / "bin"  # this script runs in the project's environment: celery lies beside it
MARK = (
    "POSTROAD_UP"  # in the environment of everything started here, so that `down` finds processes without a supervisor
)

HAS_REGISTRY = os.environ.get("REGISTRY", "0") not in ("", "0")  # make up REGISTRY=1
PORTS = {
    **({"registry": 8761} if HAS_REGISTRY else {}),
    "gateway": 8000,
    "orders": 8001,
    "consumers": 8002,
    "kitchen": 8003,
    "accounting": 8004,
    "restaurants": 8005,
    "delivery": 8006,
    "order_history": 8007,
}
GRPC_PORTS = {
    "orders": 9001,
    "kitchen": 9003,
    "accounting": 9004,
}
WITHOUT_DATABASE = frozenset({"gateway", "registry"})
"""They keep and send nothing: one web process each."""

PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables of the caller that processes get beside their own, and all LC_…: they change no behaviour of a service."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """One supervised process of a service."""

    service: str
    role: str
    command: tuple[str, ...]
    settled_seconds: int = 1
    ready_words: str = ""

    @property
    def name(self) -> str:
        """The name for people and the supervisor: `orders-web`."""
        return f"{self.service}-{self.role}"

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return LOGS / f"{self.name}.log"


def list_processes(service: str) -> list[Process]:
    """Return the processes of a service: web, worker, relay, and grpc if it offers that; of some web alone.

    `settled_seconds` is how long each must live to count as started, and `ready_words` is what it must then have
    written to its log; a web process must answer /readyz, a gRPC process SERVING. One web process, four threads: the load is one person.
    """
    celery = (f"{PROGRAMS}/celery", "-A", "config", "worker", "-n", f"{service}@%h", "-c", "2", "--loglevel", "INFO")
    relay = (f"{PROGRAMS}/python", "manage.py", "relay")
    grpc = (f"{PROGRAMS}/python", "manage.py", "grpc")
    web = Process(service=service, role="web", command=(f"{PROGRAMS}/python", "-m", "config.web"))
    if service in WITHOUT_DATABASE:
        return [web]
    processes = [
        web,
        Process(service=service, role="worker", command=celery, ready_words=" ready."),
        Process(service=service, role="relay", command=relay, settled_seconds=5),
    ]
    if service in GRPC_PORTS:
        processes.append(Process(service=service, role="grpc", command=grpc))
    return processes


def list_preparations(service: str) -> list[tuple[str, ...]]:
    """Return the commands that must succeed, in order, before the service's processes start."""
    if service in WITHOUT_DATABASE:
        return []
    return [
        (f"{PROGRAMS}/python", "manage.py", "migrate", "--noinput"),
        (f"{PROGRAMS}/python", "manage.py", "declare_channels"),
    ]


def name_database(service: str) -> str:
    """Return the name of a service's database; the prefix keeps a given server's own databases apart."""
    return f"postroad_{service}"


def inherit_environment() -> dict[str, str]:
    """Return what processes get of the caller's variables; not those of servers, which are not for every service."""
    return {name: value for name, value in os.environ.items() if name in PASSED_ON or name.startswith("LC_")}


def build_environment(service: str, *, database_url: str, broker_url: str) -> dict[str, str]:
    """Return the variables of a service's processes; beside `inherit_environment` they get nothing else.

    Shape: `database_url` is the server's; only its last part, the database, is replaced.
    """
    own_database = urlunsplit(urlsplit(database_url)._replace(path=f"/{name_database(service)}"))
    servers = {} if service in WITHOUT_DATABASE else {"DATABASE_URL": own_database, "BROKER_URL": broker_url}
    return {
        **servers,
        **build_discovery(),
        "POSTROAD_SERVICE": service,
        "SECRET_KEY": read_secret_key(VAR / "secret-key"),
        "ALLOWED_HOSTS": "localhost,127.0.0.1",
        "WEB_HOST": "127.0.0.1",
        "TOUR": "true",
        "PORT": str(PORTS[service]),
        "GRPC_PORT": str(GRPC_PORTS.get(service, 0)),
        "DJANGO_SETTINGS_MODULE": "config.settings.service",
        "PYTHONUNBUFFERED": "1",
        MARK: str(VAR / "up"),
    }


def build_discovery() -> dict[str, str]:
    """Return the variables by which the services find each other: a table of addresses, or the registry."""
    if HAS_REGISTRY:
        fast = {"REGISTRY_FETCH_SECONDS": "2", "REGISTRY_RENEW_SECONDS": "5", "REGISTRY_LEASE_SECONDS": "15"}
        url = f"http://127.0.0.1:{PORTS['registry']}/eureka"
        given = {"DISCOVERY": "registry", "REGISTRY_URL": url, **fast}
    else:
        addresses = {service: port for service, port in PORTS.items() if service not in WITHOUT_DATABASE}
        addresses |= {f"{service}-grpc": port for service, port in GRPC_PORTS.items()}
        table = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in addresses.items())
        given = {"DISCOVERY": "static", "ADDRESSES": table}
    return {f"POSTROAD_{key}": value for key, value in given.items()}


def read_secret_key(path: Path) -> str:
    """Return the key in that file; made once, readable by the owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        path.chmod(0o600)  # made by an earlier start, and perhaps copied since
    return path.read_text(encoding="ascii").strip()


def write_configuration(path: Path, *, environments: Mapping[str, Mapping[str, str]], socket: Path) -> None:
    """Write supervisord's configuration for the services of `environments`; mode 600, since it holds passwords.

    Programs do not start by themselves: `up` starts a few at a time, so that two cores suffice. Once started,
    each is started again whenever it ends.
    """
    folder = path.parent
    sections = [
        _section("unix_http_server", {"file": str(socket), "chmod": "0600"}),
        _section(
            "supervisord",
            {
                "logfile": str(LOGS / "supervisord.log"),
                "pidfile": str(folder / "supervisord.pid"),
                "directory": str(PROJECT),
                "identifier": "postroad",
                **({"user": "root"} if os.geteuid() == 0 else {}),
            },
        ),
        _section(
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        ),
        _section("supervisorctl", {"serverurl": f"unix://{socket}"}),
    ]
    for service, environment in environments.items():
        sections.extend(_program(process, environment=environment) for process in list_processes(service))
    path.touch(mode=0o600)
    path.write_text("\n".join(sections), encoding="utf-8")


def _program(process: Process, *, environment: Mapping[str, str]) -> str:
    pairs = ",".join(f'{key}="{value}"' for key, value in environment.items())
    return _section(
        f"program:{process.name}",
        {
            "command": " ".join(f'"{part}"' for part in process.command),
            "directory": str(PROJECT),
            "environment": pairs,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": str(process.settled_seconds),
            "startretries": "100",  # each waits a second longer: a database may be away for over an hour
            "stopwaitsecs": "30",  # running handlers end first
            # The parent alone is told to stop: it lets its children finish, who would die of the signal themselves.
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": str(process.log),
            "stdout_logfile_maxbytes": "10MB",
            "stdout_logfile_backups": "1",
        },
    )


def _section(title: str, values: Mapping[str, str]) -> str:
    lines = [f"[{title}]", *(f"{key} = {value.replace('%', '%%')}" for key, value in values.items())]
    return "\n".join(lines) + "\n"
