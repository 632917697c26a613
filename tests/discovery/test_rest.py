"""The registry as any HTTP client meets it."""

import json
from typing import Any
from unittest.mock import Mock

import pytest
from defusedxml.ElementTree import fromstring
from django.test import Client

from apps.registry.store import Registry
from tests.support.registry import instance

BODY = {
    "instance": {
        "instanceId": "kitchen-1",
        "hostName": "kitchen.example",
        "app": "KITCHEN",
        "ipAddr": "10.0.0.1",
        "status": "UP",
        "port": {"$": 8003, "@enabled": "true"},
        "vipAddress": "kitchen,food",
        "secureVipAddress": "safe-kitchen",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
    }
}
XML_BODY = """<instance><instanceId>kitchen-1</instanceId><hostName>kitchen.example</hostName><app>KITCHEN</app>
<ipAddr>10.0.0.1</ipAddr><status>UP</status><port enabled="true">8003</port><vipAddress>kitchen</vipAddress>
<dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"><name>MyOwn</name></dataCenterInfo>
</instance>"""
JSON = {"Accept": "application/json"}
ONE = "/eureka/apps/KITCHEN/kitchen-1"

pytestmark = pytest.mark.usefixtures("served")


def register(client: Client, body: Any = BODY, app: str = "kitchen") -> Any:
    return client.post(f"/eureka/apps/{app}", body, content_type="application/json")


def show(client: Client, path: str = ONE) -> Any:
    return client.get(path, headers=JSON).json()


def test_a_registration_in_json_is_answered_204_and_found(client: Client) -> None:
    assert register(client).status_code == 204
    assert show(client)["instance"]["port"] == {"$": 8003, "@enabled": "true"}


def test_a_registration_in_xml_is_found_in_both_formats(client: Client) -> None:
    answer = client.post("/eureka/apps/KITCHEN", XML_BODY, content_type="application/xml")

    assert answer.status_code == 204
    assert show(client)["instance"]["hostName"] == "kitchen.example"
    assert fromstring(client.get(ONE).content).findtext("port") == "8003"


def test_a_body_that_breaks_off_is_400(client: Client) -> None:
    broken = Mock(read=Mock(side_effect=OSError("gone")))
    environ = {"wsgi.input": broken, "CONTENT_LENGTH": "9"}
    answer = client.generic("POST", "/eureka/apps/KITCHEN", content_type="application/json", **environ)

    assert answer.status_code == 400
    assert "the body cannot be read to its end" in answer.content.decode()


@pytest.mark.parametrize("accept", ["", "application/xml", "*/*", "text/html"])
def test_the_answer_is_xml_unless_json_is_asked_for(client: Client, accept: str) -> None:
    answer = client.get("/eureka/apps", headers={"Accept": accept})

    assert answer.headers["Content-Type"] == "application/xml"
    assert fromstring(answer.content).tag == "applications"


@pytest.mark.parametrize("path", ["/eureka/apps", "/eureka/apps/", "/eureka/v2/apps", "/eureka/v2/apps/"])
def test_all_applications_are_shown_at_every_address_that_clients_use(client: Client, path: str) -> None:
    register(client)

    shown = show(client, path)["applications"]
    assert shown["apps__hashcode"] == "UP_1_"
    assert shown["versions__delta"].isdigit()
    assert [application["name"] for application in shown["application"]] == ["KITCHEN"]


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("/eureka/apps/delta", "applications"),
        ("/eureka/apps/kitchen", "application"),
        ("/eureka/instances/kitchen-1", "instance"),
        ("/eureka/vips/kitchen", "applications"),
        ("/eureka/vips/food", "applications"),
        ("/eureka/svips/safe-kitchen", "applications"),
    ],
)
def test_an_instance_is_found_by_every_way(client: Client, path: str, root: str) -> None:
    register(client)

    assert "kitchen-1" in json.dumps(show(client, path)[root])


@pytest.mark.parametrize(
    "path",
    ["apps/BAR", "apps/KITCHEN/nobody", "instances/nobody"],
)
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    register(client)

    assert client.get(f"/eureka/{path}").status_code == 404


@pytest.mark.parametrize("path", ["vips/bar", "svips/kitchen"])
def test_of_an_unknown_virtual_address_the_list_is_empty(client: Client, path: str) -> None:
    register(client)

    assert show(client, f"/eureka/{path}")["applications"]["application"] == []


def test_a_renewal_is_200_and_of_an_unknown_instance_404(client: Client) -> None:
    register(client)

    assert client.put(f"{ONE}?status=UP&lastDirtyTimestamp=1").status_code == 200
    unknown = client.put("/eureka/apps/KITCHEN/nobody")
    assert (unknown.status_code, unknown.content) == (404, b"")


def test_a_cancelled_instance_is_deleted_in_the_delta(client: Client) -> None:
    register(client)

    assert client.delete(ONE).status_code == 200
    assert client.delete(ONE).status_code == 404
    (application,) = show(client, "/eureka/apps/delta")["applications"]["application"]
    assert application["instance"][0]["actionType"] == "DELETED"


def test_an_instance_is_taken_out_of_service_and_back(client: Client) -> None:
    register(client)

    assert client.put(f"{ONE}/status?value=OUT_OF_SERVICE").status_code == 200
    assert show(client)["instance"]["status"] == "OUT_OF_SERVICE"
    assert client.delete(f"{ONE}/status?value=UP").status_code == 200
    assert show(client)["instance"]["status"] == "UP"


def test_metadata_is_set_by_the_query(client: Client) -> None:
    register(client)

    assert client.put(f"{ONE}/metadata?weight=3&zone=a").status_code == 200
    assert show(client)["instance"]["metadata"] == {"weight": "3", "zone": "a"}


@pytest.mark.parametrize("path", [f"{ONE}/status?value=UP", f"{ONE}/metadata?a=b"])
def test_an_operation_on_an_unknown_instance_is_404(client: Client, path: str) -> None:
    assert client.put(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "must be one 'instance'"),
        (b'{"instance": 5}', "must be an object"),
        (b'{"instance": {}}', "'hostName' is missing"),
        (b'{"instance": {"hostName": "a", "app": "BAR"}}', "the path names the application 'KITCHEN'"),
        (b'{"instance": "' + b"a" * 70_000 + b'"}', "longer than 65536 bytes"),
        (b"[" * 50_000, "not JSON"),
    ],
)
def test_garbage_is_400_and_says_why(client: Client, body: bytes, says: str) -> None:
    answer = register(client, body)

    assert answer.status_code == 400
    assert says in answer.content.decode()


@pytest.mark.parametrize(
    "body",
    [
        b"<instance>",
        b"<bar/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><instance><app>&a;</app></instance>',
        b"<a>" * 20_000,
    ],
)
def test_garbage_in_xml_is_400(client: Client, body: bytes) -> None:
    answer = client.post("/eureka/apps/KITCHEN", body, content_type="application/xml")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        f"{ONE}?lastDirtyTimestamp=yesterday",
        f"{ONE}?lastDirtyTimestamp=99999999999999999999",
        f"{ONE}/status",
        f"{ONE}/status?value=SLEEPY",
        f"{ONE}/metadata?a=%00",
        f"{ONE}/metadata?=b",
    ],
)
def test_a_garbage_parameter_is_400(client: Client, path: str) -> None:
    register(client)

    assert client.put(path).status_code == 400


def test_a_method_that_no_client_uses_is_405(client: Client) -> None:
    assert client.post("/eureka/apps").status_code == 405


def test_nothing_that_was_accepted_can_break_the_list(client: Client, store: Registry) -> None:
    store.register(instance(metadata={"_ $\u00e4 1": "<&>\u2028"}))

    assert client.get("/eureka/apps").status_code == 200
    assert show(client, "/eureka/apps/KITCHEN")["application"]["instance"][0]["metadata"] == {
        "_ $\u00e4 1": "<&>\u2028"
    }
