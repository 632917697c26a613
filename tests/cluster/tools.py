"""kubectl and helm as a person uses them, against the cluster of the current kubeconfig."""

import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "helm" / "postroad"


class ToolFailed(AssertionError):
    """A command ended with an error; the text has what it said."""


def run(*command: str, stdin: str = "", seconds: float = 120, environment: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it says.

    Raises: ToolFailed.
    """
    if not shutil.which(command[0]):
        raise ToolFailed(f"{command[0]} is not on the PATH; install it, then run `make e2e` again.")
    ended = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=seconds, check=False, cwd=ROOT, env=environment
    )
    if ended.returncode:
        raise ToolFailed(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def until(condition: Callable[[], object], *, seconds: float, what: str) -> float:
    """Wait until a condition is true, and return for how many seconds.

    Raises: AssertionError: It took longer.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not after {seconds:g} s: {what}")
        time.sleep(0.5)
    return time.monotonic() - began


class Namespace:
    """One namespace of the cluster, that holds every pod to the rules of Pod Security `restricted`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create(self) -> None:
        """Make it."""
        run("kubectl", "create", "namespace", self.name)
        run("kubectl", "label", "namespace", self.name, "pod-security.kubernetes.io/enforce=restricted")

    def delete(self) -> None:
        """Remove it with all that is in it, if it is still there."""
        run("kubectl", "delete", "namespace", self.name, "--ignore-not-found", "--wait=false")

    def kubectl(self, *arguments: str, stdin: str = "", seconds: float = 120) -> str:
        """Run kubectl in the namespace."""
        return run("kubectl", "--namespace", self.name, *arguments, stdin=stdin, seconds=seconds)

    def helm(self, *arguments: str, seconds: float = 600) -> str:
        """Run helm in the namespace."""
        return run("helm", "--namespace", self.name, *arguments, seconds=seconds)

    def get(self, *what: str) -> list[dict[str, Any]]:
        """Return the objects that `kubectl get` finds."""
        items: list[dict[str, Any]] = json.loads(self.kubectl("get", *what, "--output", "json"))["items"]
        return items

    @contextlib.contextmanager
    def forwarded(self, service: str, port: int = 80) -> Iterator[str]:
        """Forward a local port to a Service during a block; the value is its base URL."""
        command = ["kubectl", "--namespace", self.name, "port-forward", f"service/{service}", f":{port}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as forwarder:
            try:
                assert forwarder.stdout
                line = forwarder.stdout.readline()
                found = re.search(r"127\.0\.0\.1:(\d+)", line)
                if not found:
                    raise ToolFailed(f"kubectl port-forward to {service} said: {line}")
                yield f"http://127.0.0.1:{found[1]}"
            finally:
                forwarder.terminate()
