"""Finds the cluster's API and returns a `Cluster`.

It is an optional part of the installation, and takes half a second and some 40 MB to import.
"""

from dataclasses import dataclass
from typing import cast

from django.utils.module_loading import import_string

from postroad.errors import MisconfiguredError
from postroad.operations.cluster.port import Cluster
from postroad.operations.conf import OperationsSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The release; empty values are read from the kubeconfig or the pod.

    Attributes:
        context: Of the kubeconfig; empty: its current one, or inside a pod the pod's own cluster.
        namespace: Empty: the context's or the pod's own.
        release: Empty: the setting CLUSTER_RELEASE.
    """

    context: str = ""
    namespace: str = ""
    release: str = ""


def connect(place: Place) -> Cluster:
    """Return the cluster; it is asked at first use.

    Raises:
        MisconfiguredError: The client library is not installed, or there is neither kubeconfig nor ServiceAccount.
    """
    try:
        opened = import_string("postroad.operations.cluster.kubernetes_client.open_cluster")
    except ImportError as error:
        raise MisconfiguredError(
            f"the Kubernetes client cannot be used ({error}); install it: pip install 'postroad[kubernetes]'."
        ) from error
    return cast(
        "Cluster",
        opened(
            place.release or OperationsSettings.current().cluster_release,
            context=place.context,
            namespace=place.namespace,
        ),
    )
