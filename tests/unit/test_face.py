"""The public names: `postroad`, `postroad.testing`, `postroad.errors`, `postroad.clock`.  Everything else is private."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import postroad
import postroad.testing

ROOT = Path(__file__).resolve().parent.parent.parent
FACE = [
    "CommandChannel",
    "CommandHandlers",
    "Direction",
    "Done",
    "EventChannel",
    "EventHandlers",
    "Message",
    "Money",
    "NonEmpty",
    "NonNegative",
    "Positive",
    "Rejected",
    "Saga",
    "SagaData",
    "SagaHistory",
    "SagaHistoryStep",
    "Sensitive",
    "Servicer",
    "Snapshot",
    "Snapshots",
    "Step",
    "Text",
    "cached",
    "client_of",
    "command",
    "connected",
    "current",
    "default",
    "degraded",
    "delete",
    "error",
    "event",
    "find_saga_history",
    "get",
    "head",
    "install_consumers",
    "install_task_queue",
    "omitted",
    "patch",
    "post",
    "proxy",
    "publish",
    "put",
    "refusal",
    "refuse",
    "reply",
    "send",
    "start_saga",
    "unit_of_work",
    "waiting",
]
PURE = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for name in ("messages", "domain", "participants")
    for path in (ROOT / "apps").glob(f"*/{name}.py")
)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "how-to").glob("*.md"))]
PRIVATE = re.compile(r"(?:from|import) postroad\.(?!testing\b|errors\b|clock\b)[\w.]+.*")


def loaded_by(statement: str) -> set[str]:
    """Return the modules of a fresh interpreter, without settings, that has executed a statement."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {statement}; print(*sys.modules)"],
        cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_public_names_are_these() -> None:
    assert sorted(postroad.__all__) == sorted(FACE)
    assert sorted(postroad.testing.__all__) == [
        "BrokerSuite",
        "Pump",
        "SagaStory",
        "Status",
        "deliver",
        "given",
        "sent",
    ]


@pytest.mark.parametrize("name", FACE)
def test_a_public_name_is_what_its_module_calls_so(name: str) -> None:
    value = getattr(postroad, name)

    assert value is getattr(importlib.import_module(postroad._MODULES[name]), name)
    assert name in dir(postroad)


def test_no_public_name_is_also_a_module_of_ours() -> None:
    modules = {path.stem for path in (ROOT / "postroad").iterdir()}

    assert modules & {*FACE} == set()


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no public name 'sends'"):
        postroad.sends  # noqa: B018 - the access is what is tried


def test_importing_the_library_loads_neither_django_nor_a_broker() -> None:
    assert loaded_by("import postroad") & {"django", "celery", "amqp", "kombu", "msgspec"} == set()


@pytest.mark.parametrize("module", PURE)
def test_what_a_service_declares_and_decides_is_loaded_without_django(module: str) -> None:
    assert "django" not in loaded_by(f"import {module}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_for_authors_of_services_import_public_names_only(page: Path) -> None:
    assert PRIVATE.findall(page.read_text()) == []
