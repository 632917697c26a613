"""On a node that is full, an upgrade still gets on."""

from tests.support.helm import render
from tests.support.manifests import DEV, of_kind


def test_a_migration_needs_no_room_that_the_pods_waiting_for_it_may_hold() -> None:
    jobs = [job["spec"]["template"]["spec"] for job in of_kind(render(DEV), "Job")]

    assert len(jobs) == 7
    assert not [
        container["name"]
        for spec in jobs
        for container in [*spec["containers"], *spec["initContainers"]]
        if "cpu" in container["resources"]["requests"]
    ]
