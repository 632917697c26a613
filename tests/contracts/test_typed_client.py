"""Typed clients, made from the OpenAPI documents by a generator that knows nothing of us; one calls the running service."""

import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from config.services import SERVICES
from postroad.testing.pump import Pump

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).parent / "typed_program.py"
SCRIPTS = Path(sys.executable).parent
ADDRESS = {"street1": "1 Main Street", "city": "Oakland", "state": "CA", "zip": "94611"}
MENU = {"menuItems": [{"id": "1", "name": "Vindaloo", "price": "12.34"}]}


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; a failure shows what it said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def generate(service: str, home: Path) -> tuple[dict[str, Any], str]:
    """Make the package `<service>_client` in `home`; return the document and what the generator said."""
    document = Client().get(f"/{service}/openapi.json").json()
    (home / "openapi.json").write_text(json.dumps(document))
    (home / "config.yaml").write_text("post_hooks: []\n")  # else it looks for a formatter
    said = run(
        SCRIPTS / "openapi-python-client", "generate", "--fail-on-warning", "--meta", "none",
        "--path", "openapi.json", "--config", "config.yaml", "--output-path", f"{service}_client",
        cwd=home,
    )  # fmt: skip
    return document, said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a client of orders and a program that uses it."""
    home = tmp_path_factory.mktemp("client")
    generate("orders", home)
    (home / "typed_program.py").write_text(PROGRAM.read_text())
    return home


@pytest.fixture
def clean_modules() -> Iterator[None]:
    """Forget the generated packages: the next test makes its own of the same names."""
    yield
    for name in [name for name in sys.modules if name.partition(".")[0].endswith(("_client", "typed_program"))]:
        del sys.modules[name]


@pytest.fixture
def program(home: Path, clean_modules: None, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(home)
    return importlib.import_module("typed_program")


@pytest.fixture
def pump(transactional_db: None) -> Iterator[Pump]:
    pump = Pump()
    yield pump
    pump.close()


@pytest.fixture
def ids(pump: Pump, client: Client) -> dict[str, int]:
    """A consumer and a restaurant of which every service has heard."""

    def post(path: str, body: object) -> Any:
        return client.post(path, json.dumps(body), content_type="application/json").json()

    consumer = post("/consumers/v1/consumers", {"name": {"firstName": "Ada", "lastName": "Lovelace"}})
    restaurant = post("/restaurants/v1/restaurants", {"name": "Ajanta", "address": ADDRESS, "menu": MENU})
    pump.until_quiet()
    return {"consumer_id": consumer["consumerId"], "restaurant_id": restaurant["id"]}


@pytest.fixture
def served(program: Any, live_server: LiveServer) -> Iterator[Any]:
    """The generated client, with the address of the running service."""
    with program.Client(base_url=live_server.url) as client:
        yield client


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_of_every_service_can_be_made_and_misses_no_operation(
    service: str, tmp_path: Path, clean_modules: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, said = generate(service, tmp_path)
    operations = sum(len(methods) for methods in document["paths"].values())
    monkeypatch.syspath_prepend(tmp_path)
    api = importlib.import_module(f"{service}_client.api")
    names = [name for _, name, is_package in pkgutil.walk_packages(api.__path__, f"{api.__name__}.") if not is_package]
    calls = [importlib.import_module(name).sync for name in names]

    assert "warning" not in said.lower()
    assert len(calls) == operations


def test_a_program_that_uses_the_client_is_typed_and_its_mistakes_are_found(home: Path) -> None:
    run(SCRIPTS / "mypy", "--strict", "--config-file=", "--cache-dir=cache", "typed_program.py", cwd=home)


def test_an_order_is_placed_and_followed_with_typed_values(
    program: Any, served: Any, ids: dict[str, int], pump: Pump
) -> None:
    placed = program.place(served, program.wanted(**ids))
    pump.until_quiet()
    found = program.find(served, placed.order_id)

    assert placed.state is program.StateEnum.APPROVAL_PENDING
    assert isinstance(found, program.OrderResource)
    assert found.state is program.StateEnum.APPROVED
    assert found.order_total == "24.68"
    assert [(line.name, line.quantity) for line in found.line_items] == [("Vindaloo", 2)]
    assert found.delivery_address.city == "Oakland"
    assert found.delivery_time == datetime(2030, 1, 1, 12, tzinfo=UTC)
    assert abs(found.created_at - datetime.now(tz=UTC)) < timedelta(minutes=5)
    assert found.field_links["cancel"].method == "POST"


def test_an_order_is_revised(program: Any, served: Any, ids: dict[str, int], pump: Pump) -> None:
    placed = program.place(served, program.wanted(**ids))
    pump.until_quiet()
    revised = program.revise(served, placed.order_id, quantity=3)
    pump.until_quiet()

    assert revised.state is program.StateEnum.REVISION_PENDING
    assert program.find(served, placed.order_id).order_total == "37.02"


def test_version_1_is_in_the_same_client(program: Any, served: Any, ids: dict[str, int], pump: Pump) -> None:
    placed = program.place_v1(served, program.wanted(**ids))
    pump.until_quiet()
    found = program.find_v1(served, placed.order_id)

    assert isinstance(found, program.Order)
    assert (found.order_id, found.state, found.order_total) == (
        placed.order_id,
        program.StateEnum.APPROVED,
        "24.68",
    )


def test_an_error_is_a_typed_value_too(program: Any, served: Any, ids: dict[str, int]) -> None:
    refused = program.place(served, program.wanted(**{**ids, "restaurant_id": 404}))
    missing = program.find(served, 404)
    missing_v1 = program.find_v1(served, 404)

    assert isinstance(refused, program.Problem)
    assert (refused.status, [fault.field for fault in refused.errors]) == (400, ["restaurantId"])
    assert isinstance(missing, program.Problem)
    assert (missing.status, missing.code) == (404, "not_found")
    assert isinstance(missing_v1, program.Error)
    assert missing_v1.code == "not_found"
