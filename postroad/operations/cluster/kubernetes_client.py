"""The port `Cluster` over the `kubernetes` package: the only module that imports it.

Inside a pod the ServiceAccount's token is used, elsewhere a kubeconfig (KUBECONFIG, or ~/.kube/config).
"""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from postroad.errors import ClusterForbidden, ClusterRefused, ClusterUnavailable, MisconfiguredError
from postroad.extras import needs_extra
from postroad.operations.cluster.kubernetes_objects import NAME, RELEASE, read_deployment, read_notice, read_pod
from postroad.operations.cluster.port import Cluster, Deployment, Notice, Pod

with needs_extra("kubernetes"):
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from kubernetes.config import ConfigException
    from urllib3.exceptions import HTTPError  # comes with it

METRICS_PORT = 9100  # of worker, relay and grpc in the chart
MAX_EVENTS = 500
_SECONDS = (2.0, 5.0)  # until connected, until answered
_METRICS_SECONDS = (1.0, 2.0)
_OWN_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def open_cluster(release: str, *, context: str = "", namespace: str = "") -> "KubernetesCluster":
    """Return a release in the cluster that the pod is in, or that a kubeconfig names.

    Raises:
        MisconfiguredError: There is neither, or it cannot be read.
    """
    how = client.Configuration()
    how.retries = False  # a person waits, so an error soon is better
    is_inside = not context and "KUBECONFIG" not in os.environ and "KUBERNETES_SERVICE_HOST" in os.environ
    try:
        own = _enter(how) if is_inside else _read_kubeconfig(how, context)
    except (ConfigException, OSError) as error:
        remedy = (
            "let the pod have the token of its ServiceAccount (automountServiceAccountToken)"
            if is_inside
            else "name a kubeconfig with KUBECONFIG and a context of it with --context"
        )
        raise MisconfiguredError(f"the Kubernetes API cannot be reached ({error}); {remedy}.") from error
    return KubernetesCluster(client.ApiClient(how), release=release, namespace=namespace or own)


class KubernetesCluster(Cluster):
    """A release behind one API server.

    Concurrency: safe in threads.
    """

    def __init__(self, api: Any, *, release: str, namespace: str) -> None:
        self.place = f"release {release} in namespace {namespace} of {api.configuration.host}"
        self._release, self._namespace = release, namespace
        self._apps, self._core = client.AppsV1Api(api), client.CoreV1Api(api)
        self._scaling = client.AutoscalingV2Api(api)
        self._own = {"label_selector": f"{NAME}=postroad,{RELEASE}={release}", "_request_timeout": _SECONDS}

    @override
    def deployments(self) -> Sequence[Deployment]:
        with self._asking("list", "deployments", group="apps"):
            found = self._apps.list_namespaced_deployment(self._namespace, **self._own)
        return sorted(map(read_deployment, found.items), key=lambda one: (one.service, one.role))

    @override
    def pods(self) -> Sequence[Pod]:
        with self._asking("list", "pods"):
            found = self._core.list_namespaced_pod(self._namespace, **self._own)
        return [read_pod(pod) for pod in found.items]

    @override
    def notices(self) -> Sequence[Notice]:
        with self._asking("list", "events"):
            found = self._core.list_namespaced_event(
                self._namespace, field_selector="type=Warning", limit=MAX_EVENTS, _request_timeout=_SECONDS
            )
        return [read_notice(event) for event in found.items]

    @override
    def autoscaler(self, deployment: str) -> str:
        with self._asking("list", "horizontalpodautoscalers", group="autoscaling"):
            found = self._scaling.list_namespaced_horizontal_pod_autoscaler(self._namespace, _request_timeout=_SECONDS)
        names = [one.metadata.name for one in found.items if one.spec.scale_target_ref.name == deployment]
        return str(names[0]) if names else ""

    @override
    def scale(self, deployment: str, replicas: int) -> None:
        with self._asking("patch", "deployments/scale", group="apps"):
            self._apps.patch_namespaced_deployment_scale(
                deployment, self._namespace, {"spec": {"replicas": replicas}}, _request_timeout=_SECONDS
            )

    @override
    def evict(self, pod: str) -> None:
        wish = client.V1Eviction(metadata=client.V1ObjectMeta(name=pod, namespace=self._namespace))
        with self._asking("create", "pods/eviction"):
            self._core.create_namespaced_pod_eviction(pod, self._namespace, wish, _request_timeout=_SECONDS)

    @override
    def metrics(self, pod: str) -> str:
        with self._asking("get", "pods/proxy"):
            answer = self._core.connect_get_namespaced_pod_proxy_with_path(
                f"{pod}:{METRICS_PORT}",
                self._namespace,
                "metrics",
                _preload_content=False,
                _request_timeout=_METRICS_SECONDS,
            )
        return str(answer.data.decode(errors="replace"))

    @contextmanager
    def _asking(self, verb: str, resource: str, *, group: str = "") -> Iterator[None]:
        """Turn the client's errors into ours."""
        try:
            yield
        except ApiException as error:
            raise self._explained(error, verb, resource, group) from error
        except (HTTPError, OSError) as error:
            raise ClusterUnavailable(
                f"{self.place}: the Kubernetes API does not answer ({error}); is the address right, and does a"
                " NetworkPolicy let this pod reach it?"
            ) from error

    def _explained(self, error: Any, verb: str, resource: str, group: str) -> Exception:
        start = f"{self.place}: {verb} {resource}: {error.status} {_message(error)}"
        match error.status:
            case 401:
                return ClusterForbidden(f"{start}; the API does not know who we are: has the token expired?")
            case 403:
                return ClusterForbidden(
                    f"{start}; its Role lacks the rule"
                    f' {{apiGroups: ["{group}"], resources: ["{resource}"], verbs: ["{verb}"]}}.'
                )
            case 429:
                return ClusterRefused(f"{start}; let another pod become ready first, or widen the PodDisruptionBudget.")
            case 404 | 409 | 422:
                return ClusterRefused(f"{start}; 'cluster status' shows what is there.")
            case _:
                return ClusterUnavailable(f"{start}; try again, and look at the cluster itself.")


def _enter(how: Any) -> str:
    config.load_incluster_config(client_configuration=how)
    return _OWN_NAMESPACE.read_text(encoding="ascii").strip()


def _read_kubeconfig(how: Any, context: str) -> str:
    path = os.environ.get("KUBECONFIG")
    config.load_kube_config(path, context=context or None, client_configuration=how, persist_config=False)
    contexts, active = config.list_kube_config_contexts(path)
    chosen = next((one for one in contexts if one["name"] == context), active)
    return str(chosen["context"].get("namespace") or "default")


def _message(error: Any) -> str:
    """Return the API's own text about an error."""
    try:
        return str(json.loads(error.body)["message"])
    except (TypeError, ValueError, KeyError):
        return str(error.reason)
