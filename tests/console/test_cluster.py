"""The admin's page of the cluster."""

import pytest
from django.contrib.auth.models import User
from django.test import Client, RequestFactory
from pytest_django import Settings

from postroad.console.navigation import sidebar
from postroad.console.pages import cluster as page
from postroad.errors import ClusterForbidden
from tests.support.clusters import FakeCluster, pod_of, role_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def cluster(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    """The page is on, with a fake cluster behind it."""
    settings.POSTROAD = {**settings.POSTROAD, "CLUSTER_PAGE": True}
    cluster = FakeCluster(
        all_deployments=[role_of("kitchen", "worker", desired=2), role_of("orders", "web")],
        all_pods=[pod_of("kitchen", "worker", trouble="<b>CrashLoopBackOff</b>", restarts=7)],
    )
    monkeypatch.setattr(page, "connect", lambda _: cluster)
    return cluster


def links(user: User) -> list[str]:
    request = RequestFactory().get("/admin/")
    request.user = user
    return [item["title"] for item in sidebar(request)[0]["items"]]


def test_it_is_off_unless_a_setting_turns_it_on(admin_client: Client, admin_user: User) -> None:
    assert admin_client.get("/admin/cluster/").status_code == 404
    assert "Cluster" not in links(admin_user)


def test_it_shows_every_role_with_what_is_wrong(admin_client: Client, admin_user: User, cluster: FakeCluster) -> None:
    text = admin_client.get("/admin/cluster/").content.decode()

    assert "release postroad in namespace shop" in text
    assert "<td>kitchen</td><td>worker</td><td>1/2</td><td>1.1</td>" in text
    assert "&lt;b&gt;CrashLoopBackOff&lt;/b&gt;" in text
    assert text.count('class="is-short"') == 1
    assert "Cluster" in links(admin_user)


def test_what_the_role_lacks_is_told_in_place_of_the_table(admin_client: Client, cluster: FakeCluster) -> None:
    cluster.error = ClusterForbidden('its Role lacks the rule {resources: ["pods"]}.')

    answer = admin_client.get("/admin/cluster/")

    assert answer.status_code == 200
    assert "its Role lacks the rule {resources: [&quot;pods&quot;]}." in answer.content.decode()


def test_only_those_who_look_after_messages_see_it(viewer: Client, client: Client, cluster: FakeCluster) -> None:
    stranger = User.objects.create_user("stranger", is_staff=True)
    client.force_login(stranger)

    assert viewer.get("/admin/cluster/").status_code == 200
    assert client.get("/admin/cluster/").status_code == 403
    assert "Cluster" not in links(stranger)


def test_who_is_not_logged_in_is_asked_to(client: Client, cluster: FakeCluster) -> None:
    answer = client.get("/admin/cluster/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/cluster/")
