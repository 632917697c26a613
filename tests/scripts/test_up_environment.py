"""What the processes of `make up` find in their environment: the table's variables, whatever the caller has set."""

import gc
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.faults.deployment import ROOT, free_port, until

GIVEN = {
    "DATABASE_URL": "postgresql://somebody:secret@127.0.0.1:1/theirs",
    "BROKER_URL": "amqp://somebody:secret@127.0.0.1:1/",
    "DATABASE_HOST": "127.0.0.1",
    "POSTROAD_SERVICE": "kitchen",
    "POSTROAD_DISCOVERY": "dns",
    "SECRET_KEY": "theirs",
    "GATEWAY_AUTH": "oidc",
    "BEHIND_TLS_PROXY": "nonsense",
    "DJANGO_SETTINGS_MODULE": "nowhere.settings",
    "PYTHONSTARTUP": "/nowhere",
    "LC_TIME": "C.UTF-8",
    "TZ": "UTC",
}
OF_SUPERVISOR = {"SUPERVISOR_ENABLED", "SUPERVISOR_SERVER_URL", "SUPERVISOR_PROCESS_NAME", "SUPERVISOR_GROUP_NAME"}
Up = Callable[[str], Any]


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Up]:
    """The scripts of `make up`, with data in a folder and ports of the test's own."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)

    def load(registry: str) -> Any:
        monkeypatch.setenv("REGISTRY", registry)
        table = importlib.import_module("up_table")
        supervisor = importlib.import_module("up_supervisor")
        launch = importlib.import_module("up_launch")
        for module in (table, supervisor):
            monkeypatch.setattr(module, "VAR", tmp_path)
            monkeypatch.setattr(module, "LOGS", tmp_path)
        monkeypatch.setattr(supervisor, "FOLDER", tmp_path / "up")
        monkeypatch.setattr(supervisor, "CONFIGURATION", tmp_path / "up" / "supervisord.conf")
        (tmp_path / "up").mkdir()
        for service in table.PORTS:
            monkeypatch.setitem(table.PORTS, service, free_port())
        return SimpleNamespace(table=table, supervisor=supervisor, launch=launch)

    forget_scripts()
    yield load
    forget_scripts()


def forget_scripts() -> None:
    """Have the scripts imported anew: they read the environment as they are imported."""
    for name in [name for name in sys.modules if name.startswith(("up_", "server_"))]:
        del sys.modules[name]


@pytest.mark.parametrize("registry", ["0", "1"])
def test_services_get_their_own_servers_and_those_without_database_none(up: Up, registry: str) -> None:
    table = up(registry).table
    urls = {"database_url": GIVEN["DATABASE_URL"], "broker_url": GIVEN["BROKER_URL"]}

    environments = {service: table.build_environment(service, **urls) for service in table.PORTS}

    assert ("registry" in environments) == (registry == "1")
    with_servers = {service for service, variables in environments.items() if "DATABASE_URL" in variables}
    assert with_servers == set(environments) - table.WITHOUT_DATABASE
    assert environments["orders"]["DATABASE_URL"] == "postgresql://somebody:secret@127.0.0.1:1/postroad_orders"
    assert set(table.inherit_environment()).isdisjoint(GIVEN.keys() - {"LC_TIME", "TZ"})


@pytest.mark.slow
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # supervisor's
@pytest.mark.parametrize(("registry", "service"), [("0", "gateway"), ("1", "gateway"), ("1", "registry")])
def test_a_process_without_database_gets_ready_beside_given_servers(
    up: Up, registry: str, service: str, tmp_path: Path
) -> None:
    parts = up(registry)
    urls = {"database_url": GIVEN["DATABASE_URL"], "broker_url": GIVEN["BROKER_URL"]}
    own = parts.table.build_environment(service, **urls)
    parts.table.write_configuration(
        parts.supervisor.CONFIGURATION, environments={service: own}, socket=parts.supervisor.find_socket()
    )
    supervisor = parts.supervisor.Supervisor()
    (process,) = parts.table.list_processes(service)
    supervisor.start()
    try:
        supervisor.start_process(process)
        port = parts.table.PORTS[service]
        until(lambda: parts.launch.is_web_ready(port), seconds=60, what=f"{service} is ready")
        found = environment_of(supervisor.read_statuses()[process.name].pid)
    finally:
        supervisor.shut_down()
        gc.collect()  # sockets that the package leaves open are complained of here

    inherited = parts.table.inherit_environment()
    assert {name: found[name] for name in own} == own
    assert set(found) <= own.keys() | inherited.keys() | OF_SUPERVISOR
    assert found["LC_TIME"] == "C.UTF-8"


def environment_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)
