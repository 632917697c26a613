"""The service registry: whatever is registered, everybody can still read the list, in JSON and in XML."""

import json
from urllib.parse import quote

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import strategies as st

from tests.fuzz.conftest import Shop
from tests.fuzz.fuzzing import ask, bodies, fuzzed, texts

pytestmark = pytest.mark.slow

INSTANCE = {
    "instanceId": "kitchen-1",
    "hostName": "kitchen.example",
    "app": "KITCHEN",
    "ipAddr": "10.0.0.1",
    "status": "UP",
    "port": {"$": 8003, "@enabled": "true"},
    "securePort": {"$": 443, "@enabled": "false"},
    "vipAddress": "kitchen,food",
    "leaseInfo": {"renewalIntervalInSecs": 30, "durationInSecs": 90},
    "metadata": {"a": "b", "@class": "x"},
    "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
}
XML = (
    "<instance><instanceId>k</instanceId><hostName>h</hostName><app>KITCHEN</app><ipAddr>10.0.0.1</ipAddr><status>UP</status>"
    '<port enabled="true">8003</port><vipAddress>kitchen</vipAddress><metadata><a>b</a></metadata>'
    '<dataCenterInfo class="x"><name>MyOwn</name></dataCenterInfo></instance>'
)
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + XML.replace("10.0.0.1", "&b;")
xml = st.sampled_from(
    [XML, BOMB, "<a>" * 5000, XML.replace("UP", "\x00"), XML.replace("8003", "9" * 30), "<instance/>", ""]
)
names = st.one_of(
    st.just("KITCHEN"),
    st.just("kitchen"),
    st.just("KITCHEN"),
    texts.map(lambda text: quote(text.encode(errors="replace"), safe="") or "x"),
)
operations = st.sampled_from([
    ("POST", "apps/{app}"), ("POST", "apps/{app}"), ("POST", "apps/{app}"), ("PUT", "apps/{app}/{id}"), ("PUT", "apps/KITCHEN/kitchen-1?status={id}&lastDirtyTimestamp={id}"), ("PUT", "apps/KITCHEN/kitchen-1/metadata?{id}={app}"), ("DELETE", "apps/{app}/{id}"), ("GET", "apps/{app}"),
    ("PUT", "apps/{app}/{id}/status?value={id}&lastDirtyTimestamp={id}"), ("DELETE", "apps/{app}/{id}/status?value={id}"),
    ("PUT", "apps/{app}/{id}/metadata?{id}={app}"), ("GET", "vips/{id}"), ("GET", "instances/{id}"), ("GET", "apps/delta"),
])  # fmt: skip


def test_whatever_is_registered_the_list_can_be_read(shop: Shop) -> None:
    good = json.dumps({"instance": INSTANCE}).encode()
    assert ask(shop.port, "POST", "/eureka/apps/KITCHEN", good, {"Content-Type": "application/json"}).status == 204

    @fuzzed(100, operation=operations, app=names, instance=names, body=bodies({"instance": INSTANCE}) | xml.map(str.encode),
            kind=st.sampled_from([*["application/json"] * 6, "application/xml", "text/plain", ""]))  # fmt: skip
    def call(operation: tuple[str, str], app: str, instance: str, body: bytes, kind: str) -> None:
        method, path = operation
        kind = "application/xml" if body.startswith(b"<") else kind
        target = f"/eureka/{path.format(app=app, id=instance)}"
        answer = ask(shop.port, method, target, body, {"Content-Type": kind, "Accept": kind or "*/*"})

        assert 200 <= answer.status < 500, (method, target, body[:300], answer)

    call()
    listed = ask(shop.port, "GET", "/eureka/apps", headers={"Accept": "application/json"})
    shown = ask(shop.port, "GET", "/eureka/apps", headers={"Accept": "application/xml"})

    assert "applications" in json.loads(listed.body)
    assert fromstring(shown.body).tag == "applications"
