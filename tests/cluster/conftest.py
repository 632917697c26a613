import os
import secrets
import shlex
import time
from collections.abc import Iterator

import pytest

from tests.cluster.release import BROKEN, IMAGE, NEXT, Release
from tests.cluster.report import Record
from tests.cluster.tools import ROOT, Namespace, run

SERVERS = ("postgres:17", "rabbitmq:4-management")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the release that the cases share be uninstalled last."""
    items.sort(key=lambda item: item.path.name == "test_uninstall.py")


@pytest.fixture(scope="session")
def record() -> Iterator[Record]:
    """Collects what is measured; in the end the page is written."""
    record = Record()
    yield record
    record.write(ROOT / "docs" / "kubernetes-run.md")


@pytest.fixture(scope="session")
def images() -> None:
    """Put the images on the nodes, by the command that E2E_IMAGE_LOADER is."""
    if loader := os.environ.get("E2E_IMAGE_LOADER"):
        run(*shlex.split(loader), IMAGE, NEXT, BROKEN, *SERVERS, seconds=600)


@pytest.fixture(scope="session")
def make_namespace(images: None) -> Iterator[object]:
    made: list[Namespace] = []

    def make() -> Namespace:
        made.append(Namespace(f"postroad-e2e-{secrets.token_hex(3)}"))
        made[-1].create()
        return made[-1]

    yield make
    for namespace in made:
        if "E2E_KEEP" not in os.environ:
            namespace.delete()


@pytest.fixture(scope="session")
def namespace(make_namespace: object) -> Namespace:
    assert callable(make_namespace)
    made = make_namespace()
    assert isinstance(made, Namespace)
    return made


@pytest.fixture(scope="session")
def release(namespace: Namespace, record: Record) -> Release:
    """One installation with throw-away servers that the cases share; each leaves it whole."""
    release = Release(namespace)
    began = time.monotonic()
    release.install(**{"dev.enabled": True})
    record.add("installed, everything ready", time.monotonic() - began)
    return release
