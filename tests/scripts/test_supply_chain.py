"""What the image is made of is listed, and an audit that could not be made is no success."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.faults.deployment import ROOT

LOCK = (ROOT / "requirements" / "base.txt").read_text()


@pytest.fixture
def audits(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import audit  # noqa: PLC0415 - a script, found by the line above

    return audit


@pytest.fixture(scope="module")
def bill(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    command = [sys.executable, "scripts/sbom.py", "requirements/base.txt", str(path), "--version", "1.2.3"]
    subprocess.run(command, cwd=ROOT, check=True)
    return path.read_text()


def test_the_bill_is_valid_cyclonedx(bill: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None


def test_the_bill_lists_every_locked_package_that_this_python_gets(bill: str) -> None:
    listed = {component["name"]: component["version"] for component in json.loads(bill)["components"]}

    locked = set(re.findall(r"^([a-z0-9-]+)==", LOCK, flags=re.MULTILINE))
    assert locked - listed.keys() <= {"tzdata"}  # on Windows only
    assert {name: listed[name] for name in ("django", "celery")} == {
        name: re.search(rf"^{name}==(\S+)", LOCK, flags=re.MULTILINE)[1] for name in ("django", "celery")
    }


def test_the_bill_names_the_version_of_the_image_and_no_place_to_download_from(bill: str) -> None:
    assert json.loads(bill)["metadata"]["component"]["version"] == "1.2.3"
    assert "://" not in bill


def test_the_image_has_the_bill_at_the_documented_path_and_a_base_by_argument() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    guide = (ROOT / "docs" / "how-to" / "look-after-an-installation.md").read_text()

    assert "sbom.cdx.json --version" in dockerfile
    assert "/app/sbom.cdx.json" in guide
    assert re.findall(r"^FROM (\S+)", dockerfile, flags=re.MULTILINE)[0] == "${BASE}"
    assert "BASE=debian@sha256:" in guide


def package(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": [], **more}


def test_packages_without_advisories_are_a_success(audits: ModuleType) -> None:
    verdict = audits.judge([package("amqp"), package("django")])

    assert (verdict.code, verdict.text) == (0, "2 packages, none known to be vulnerable")


def test_a_vulnerable_package_is_named_with_the_version_that_mends_it(audits: ModuleType) -> None:
    flaw = {"id": "PYSEC-1", "fix_versions": ["1.1"]}

    verdict = audits.judge([package("amqp", vulns=[flaw]), {"name": "django", "skip_reason": "not found"}])

    assert (verdict.code, verdict.text) == (1, "amqp 1.0: PYSEC-1, mended in 1.1")


@pytest.mark.parametrize("dependencies", [[], [{"name": "amqp", "skip_reason": "not found"}, package("django")]])
def test_an_index_that_knows_nothing_of_a_package_is_no_success(audits: ModuleType, dependencies: Any) -> None:
    verdict = audits.judge(dependencies)

    assert verdict.code == 2
    assert "not audited" in verdict.text


def auditor(tmp_path: Path, *, out: str, error: str, code: int) -> tuple[str, ...]:
    """A program in the place of pip-audit."""
    path = tmp_path / "auditor.py"
    path.write_text(f"import sys\nprint({out!r}, end='')\nprint({error!r}, file=sys.stderr)\nsys.exit({code})\n")
    return (sys.executable, str(path))


def test_an_index_that_does_not_answer_is_said_with_the_last_words_of_the_auditor(
    audits: ModuleType, tmp_path: Path
) -> None:
    silent = auditor(tmp_path, out="", error="Traceback …\nConnectionError: no route", code=1)

    verdict = audits.audit(silent, [])

    assert verdict.code == 2
    assert "does not answer, so nothing was audited: ConnectionError: no route" in verdict.text


def test_a_report_of_the_auditor_is_read_whatever_its_exit_code(audits: ModuleType, tmp_path: Path) -> None:
    report = json.dumps({"dependencies": [package("amqp", vulns=[{"id": "PYSEC-1", "fix_versions": []}])]})

    verdict = audits.audit(auditor(tmp_path, out=report, error="Found 1", code=1), [])

    assert (verdict.code, verdict.text) == (1, "amqp 1.0: PYSEC-1, mended in no version")
