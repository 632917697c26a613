"""Sets the number of pods of a role; refuses if an autoscaler decides it."""

from postroad.errors import ClusterRefused
from postroad.operations.cluster.port import Cluster


def scale(cluster: Cluster, service: str, role: str, replicas: int) -> str:
    """Set the number of pods of a role; return what was done, for people.

    Raises:
        ClusterRefused: There is no such role, or an autoscaler would undo it.
    """
    deployments = cluster.deployments()
    label = service.replace("_", "-")
    found = next((one for one in deployments if (one.service, one.role) == (label, role)), None)
    if found is None:
        known = ", ".join(f"{one.service} {one.role}" for one in deployments) or "nothing"
        raise ClusterRefused(f"{cluster.place} has no {service} {role}; it has: {known}.")
    autoscaler = cluster.autoscaler(found.name)
    if autoscaler:
        raise ClusterRefused(
            f"the autoscaler {autoscaler} decides how many pods {found.name} has, and would undo it at once; set its"
            " bounds in the chart's values (minReplicas, maxReplicas)."
        )
    cluster.scale(found.name, replicas)
    return f"{found.name}: {found.desired} → {replicas} pods; 'cluster status' shows when they are ready."
