"""One installed release of the chart: installing, changing and reading it.  See also: `customers`, for load."""

import base64
import csv
import io
import json
import os
import re
import sys
import urllib.parse
import urllib.request
from collections import Counter
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

from tests.cluster.tools import CHART, Namespace, run

IMAGE = os.environ.get("E2E_IMAGE", "localhost/postroad:dev")
NEXT, BROKEN = f"{IMAGE}-next", f"{IMAGE}-broken"  # made by `make e2e-images`
SERVICES = ("orders", "consumers", "kitchen", "accounting", "restaurants", "delivery", "order-history")
KINDS = "all,configmaps,secrets,serviceaccounts,roles,rolebindings,pvc,networkpolicies,pdb,hpa,ingresses"
INSTANCE = "app.kubernetes.io/instance"
COMPONENT = "app.kubernetes.io/component"
SERVICE = "postroad.dev/service"


class Release:
    """A release with its own throw-away servers, unless values say otherwise."""

    def __init__(self, namespace: Namespace, name: str = "postroad") -> None:
        self.namespace, self.name = namespace, name

    def install(self, *files: Path, **values: object) -> None:
        """Install the chart, with files of values and single ones, and wait until everything is ready."""
        given = [*(f"--values={file}" for file in files), *_given(values)]
        self.namespace.helm("install", self.name, str(CHART), *given, "--wait", "--timeout", "8m")

    def uninstall(self) -> None:
        """Remove the release, and wait until its pods have gone."""
        self.namespace.helm("uninstall", self.name, "--wait", "--timeout", "5m")

    def upgrade(self, *, timeout: str = "8m", **values: object) -> None:
        """Change values, keeping all others, and wait until everything is ready."""
        keep = ("--reuse-values", "--wait", "--timeout", timeout)
        self.namespace.helm("upgrade", self.name, str(CHART), *_given(values), *keep)

    def rollback(self) -> None:
        """Go back to the revision before, and wait until everything is ready."""
        self.namespace.helm("rollback", self.name, "--wait", "--timeout", "8m")

    def objects(self) -> set[str]:
        """Return what there is of the release, as `secret/postroad-admin`."""
        return set(
            self.namespace.kubectl("get", KINDS, "--selector", f"{INSTANCE}={self.name}", "--output", "name").split()
        )

    def pods(self, *, role: str = "", service: str = "") -> list[dict[str, Any]]:
        """Return the release's pods that are not on their way out."""
        labels = [f"{INSTANCE}={self.name}"]
        labels += [f"{COMPONENT}={role}"] if role else []
        labels += [f"{SERVICE}={service}"] if service else []
        found = self.namespace.get("pods", "--selector", ",".join(labels))
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def is_ready(self) -> bool:
        """Tell whether every Deployment and StatefulSet has all its replicas ready."""
        found = self.namespace.get("deployments,statefulsets", "--selector", f"{INSTANCE}={self.name}")
        return all(
            each["status"].get("readyReplicas", 0) == each["spec"]["replicas"]
            and each["status"].get("observedGeneration") == each["metadata"]["generation"]
            for each in found
        )

    def demo(self) -> str:
        """Place an order through a port-forward as `make demo` does; return what is told of it, once it has ended well."""
        with self.namespace.forwarded(f"{self.name}-gateway") as url:
            environment = {**os.environ, "GATEWAY_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings.embedded"}
            return run(sys.executable, "manage.py", "demo", environment=environment)

    def admin_page(self, path: str) -> str:
        """Return a page of the orders service's admin, as a person with the password of the Secret gets it."""
        secret = json.loads(self.namespace.kubectl("get", "secret", f"{self.name}-admin", "--output", "json"))
        password = base64.b64decode(secret["data"]["password"]).decode()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with self.namespace.forwarded(f"{self.name}-orders") as url:
            login = f"{url.replace('127.0.0.1', 'localhost')}/admin/login/"
            token = re.search(
                r'name="csrfmiddlewaretoken" value="(\w+)"', opener.open(login, timeout=20).read().decode()
            )
            assert token, "the page has no form to log in"
            form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": password, "next": path}
            with opener.open(login, urllib.parse.urlencode(form).encode(), timeout=20) as answer:
                assert answer.url.endswith(path), f"not let in, but led to {answer.url}"
                page: str = answer.read().decode()
                return page

    def rows(self, service: str, statement: str) -> list[list[str]]:
        """Return the rows that a service's database answers, every value as text."""
        database = service.replace("-", "_")
        psql = (
            "psql",
            "--username",
            "postroad",
            "--dbname",
            database,
            "--csv",
            "--tuples-only",
            "--command",
            statement,
        )
        said = self.namespace.kubectl("exec", f"{self.name}-postgresql-0", "--", *psql)
        return list(csv.reader(io.StringIO(said)))

    def calls_answered(self, pod: dict[str, Any]) -> int:
        """Return how many calls a gRPC server has answered well, by its own figures."""
        page = f"/api/v1/namespaces/{self.namespace.name}/pods/{pod['metadata']['name']}:9100/proxy/metrics"
        said = self.namespace.kubectl("get", "--raw", page)
        return sum(
            int(float(number)) for number in re.findall(r'postroad_grpc_answered_total{code="OK".*} (\S+)', said)
        )

    def restarts(self) -> Counter[str]:
        """Return how often the containers of each role were started again."""
        counted: Counter[str] = Counter()
        for pod in self.pods():
            for status in pod["status"].get("containerStatuses", []):
                counted[pod["metadata"]["labels"].get(COMPONENT, "")] += status["restartCount"]
        return +counted


def is_ready(pod: dict[str, Any]) -> bool:
    """Tell whether a pod takes requests."""
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", []))


def _given(values: dict[str, object]) -> list[str]:
    """Return values as options: `**{"dev.enabled": True}` is `--set dev.enabled=true`."""
    given = []
    for name, value in values.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        given += ["--set", f"{name}={text}"]
    return given
