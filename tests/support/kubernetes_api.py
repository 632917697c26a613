"""A small Kubernetes API for tests: what `postroad.operations.cluster` asks, over HTTP.  No pod runs."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

Object = dict[str, Any]

_COLLECTION = re.compile(r"/(?:api/v1|apis/[a-z]+/v[12])/namespaces/([a-z]+)/([a-z]+)")
_METRICS = re.compile(r"/api/v1/namespaces/shop/pods/([a-z0-9-]+):9100/proxy/metrics")


def labels(service: str, role: str, *, release: str = "postroad") -> dict[str, str]:
    """Return the labels of the chart."""
    return {
        "app.kubernetes.io/name": "postroad",
        "app.kubernetes.io/instance": release,
        "app.kubernetes.io/component": role,
        "postroad.dev/service": service,
    }


def minutes_ago(minutes: float) -> str:
    """Return a moment as the API writes it."""
    return (datetime.now(tz=UTC) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def deployment(service: str, role: str, *, desired: int = 1, ready: int | None = 1, tag: str = "1.1") -> Object:
    """Return an apps/v1 Deployment."""
    own = labels(service, role)
    containers = [{"name": role, "image": f"registry.example:5000/postroad:{tag}"}]
    return {
        "metadata": {"name": f"postroad-{service}-{role}", "labels": own},
        "spec": {
            "replicas": desired,
            "selector": {"matchLabels": own},
            "template": {"metadata": {"labels": own}, "spec": {"containers": containers}},
        },
        "status": {} if ready is None else {"readyReplicas": ready},
    }


def pod(service: str, role: str, name: str = "a", *, tag: str = "1.1", minutes: float = 10, **status: Any) -> Object:
    """Return a v1 Pod that is ready, unless `status` says otherwise."""
    return {
        "metadata": {
            "name": f"postroad-{service}-{role}-{name}",
            "labels": labels(service, role),
            "creationTimestamp": minutes_ago(minutes),
        },
        "spec": {"containers": [{"name": role, "image": f"postroad:{tag}"}]},
        "status": {
            "startTime": minutes_ago(minutes),
            "conditions": [{"type": "Ready", "status": "True"}],
            **status,
        },
    }


def container(restarts: int, **states: Any) -> Object:
    """Return the status of a container."""
    return {
        "name": "c",
        "image": "postroad",
        "imageID": "sha256:1",
        "ready": True,
        "restartCount": restarts,
        **states,
    }


def event(about: str, reason: str, text: str, *, minutes: float = 1) -> Object:
    """Return a v1 Event."""
    return {
        "metadata": {"name": f"{about}.1", "namespace": "shop"},
        "involvedObject": {"name": about},
        "type": "Warning",
        "reason": reason,
        "message": text,
        "lastTimestamp": minutes_ago(minutes),
    }


def autoscaler(name: str, deployment_name: str) -> Object:
    """Return an autoscaling/v2 HorizontalPodAutoscaler."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": deployment_name}
    return {"metadata": {"name": name}, "spec": {"maxReplicas": 3, "scaleTargetRef": target}}


@dataclass
class Store:
    """What the API has, and what it was asked.

    Attributes:
        objects: Collection → objects, in the namespace `shop`.
        metrics: Pod → what it tells Prometheus.
        refusals: "GET pods" → status of every answer to that.
        selectors: Label selectors of the questions.
        writes: Method, path and body of each change.
    """

    objects: dict[str, list[Object]] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, int] = field(default_factory=dict)
    selectors: set[str] = field(default_factory=set)
    writes: list[tuple[str, str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: Any) -> tuple[int, Any]:
        """Return status and document (or text) of the answer to a question."""
        about = re.sub(r".*/namespaces/shop/", "", path)
        kind = "pods/proxy" if "/proxy/" in path else re.sub(r"/[^/]+/", "/", about)
        refused = self.refusals.get(f"{method} {kind}", 0)
        if refused:
            return refused, {"kind": "Status", "message": f"{kind}: no", "code": refused}
        if method != "GET":
            self.writes.append((method, about, body))
            made = {"status": {"replicas": 1}} if kind.endswith("/scale") else {"kind": "Status", "status": "Success"}
            return 201, {"metadata": {}, **made}
        self.selectors.update(query.get("labelSelector", ()))
        scraped, listed = _METRICS.fullmatch(path), _COLLECTION.fullmatch(path)
        if scraped:
            return 200, self.metrics.get(scraped[1], "")
        if listed and listed[1] == "shop":
            return 200, {"kind": "List", "metadata": {}, "items": self.objects.get(listed[2], [])}
        return 404, {"kind": "Status", "message": "not found", "code": 404}


class KubernetesApi(ThreadingHTTPServer):
    """Serves a store until it is closed."""

    daemon_threads = True

    def __init__(self, store: Store) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.store = store
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop answering."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def write_kubeconfig(self, path: Path) -> Path:
        """Write a kubeconfig with a context `test` in the namespace `shop`."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        context = {"cluster": "here", "user": "me", "namespace": "shop"}
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "test",
                    "clusters": [{"name": "here", "cluster": {"server": url}}],
                    "users": [{"name": "me", "user": {"token": "a"}}],
                    "contexts": [{"name": "test", "context": context}],
                }
            )
        )
        return path


class _Handler(BaseHTTPRequestHandler):
    server: KubernetesApi
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, found = self.server.store.answer(
            self.command, unquote(parts.path), parse_qs(parts.query), json.loads(sent) if sent else None
        )
        is_text = isinstance(found, str)
        body = found.encode() if is_text else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if is_text else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, *_: object) -> None:
        pass
