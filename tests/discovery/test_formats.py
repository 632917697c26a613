"""An instance to bytes and back, in both formats; the forms that other programs write."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.registry import xml
from postroad.calls.discovery.eureka import json
from postroad.calls.discovery.eureka.applications import Applications
from postroad.calls.discovery.eureka.instance import Action, DataCenter, Instance, Lease, Port, Status
from postroad.calls.discovery.eureka.reader import read_applications, read_instance
from postroad.calls.discovery.eureka.writer import write_applications, write_instance
from postroad.errors import InvalidInstance
from tests.support.registry import ON_ANY_MACHINE, instance

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789-.:", min_size=1, max_size=20)
MS = st.integers(0, 2**63 - 1)
PORT = st.builds(Port, number=st.integers(0, 65535), is_enabled=st.booleans())
METADATA = st.dictionaries(TEXT.filter(lambda key: key not in ("", "@class")), TEXT, max_size=4)
INSTANCE = st.builds(
    Instance,
    id=NAME,
    app=NAME.map(str.upper),
    host=NAME,
    address=TEXT,
    status=st.sampled_from(Status),
    overridden=st.sampled_from(Status),
    port=PORT,
    secure_port=PORT,
    vip=TEXT,
    secure_vip=TEXT,
    country_id=MS,
    data_center=st.builds(DataCenter, metadata=METADATA),
    lease=st.builds(
        Lease,
        renewal_seconds=st.integers(1, 86400),
        duration_seconds=st.integers(1, 86400),
        registered_ms=MS,
        renewed_ms=MS,
        evicted_ms=MS,
        up_ms=MS,
    ),
    metadata=METADATA,
    dirty_ms=MS,
    updated_ms=MS,
    action=st.sampled_from(Action),
    extras=st.fixed_dictionaries({"isCoordinatingDiscoveryServer": st.just("true"), "homePageUrl": NAME}),
)

BOTH = pytest.mark.parametrize("form", [json, xml], ids=["json", "xml"])


@BOTH
@ON_ANY_MACHINE
@given(one=INSTANCE)
def test_an_instance_comes_back_as_it_was(form: Any, one: Instance) -> None:
    assert read_instance(form.decode(form.encode(write_instance(one)))) == one


@BOTH
@pytest.mark.parametrize("count", [0, 1, 3])
def test_applications_come_back_as_they_were(form: Any, count: int) -> None:
    extras = {"isCoordinatingDiscoveryServer": "false"}
    instances = tuple(instance(number=number, extras=extras) for number in range(count))
    told = Applications(version=7, hashcode="UP_3_", instances=instances)

    assert read_applications(form.decode(form.encode(write_applications(told)))) == told


@ON_ANY_MACHINE
@given(st.binary(max_size=200))
def test_garbage_is_refused_by_json_and_xml_and_nothing_else_happens(body: bytes) -> None:
    with pytest.raises(InvalidInstance):
        read_instance(json.decode(body))
    with pytest.raises(InvalidInstance):
        read_instance(xml.decode(body))


JSON_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)
FIELDS = (
    "instanceId", "hostName", "app", "ipAddr", "status", "overriddenstatus", "port", "securePort", "countryId",
    "dataCenterInfo", "leaseInfo", "metadata", "vipAddress", "lastDirtyTimestamp", "actionType", "homePageUrl",
)  # fmt: skip


def read_or_refuse(values: dict[str, Any]) -> Instance | str:
    try:
        return read_instance({"instance": {"hostName": "a", "app": "B", **values}})
    except InvalidInstance as error:
        return str(error)


def written_and_read(one: Instance | str) -> Instance | str:
    return one if isinstance(one, str) else read_instance(xml.decode(xml.encode(write_instance(one))))


@ON_ANY_MACHINE
@given(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUE, max_size=4))
def test_any_value_in_any_field_is_refused_with_a_text_or_can_be_written(values: dict[str, Any]) -> None:
    read = read_or_refuse(values)

    assert read
    assert type(written_and_read(read)) is type(read)


def test_the_xml_is_what_eurekas_own_server_writes() -> None:
    text = xml.encode(write_instance(instance(metadata={"management_port": "1"}))).decode()

    assert text.startswith("<?xml version='1.0' encoding='UTF-8'?>\n<instance><instanceId>kitchen-1</instanceId>")
    assert '<port enabled="true">8000</port><securePort enabled="false">443</securePort>' in text
    assert '<dataCenterInfo class="com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"><name>MyOwn</name>' in text
    assert "<metadata><management__port>1</management__port></metadata>" in text


def test_the_json_is_what_eurekas_own_server_writes() -> None:
    shown = write_instance(instance())["instance"]

    assert shown["port"] == {"$": 8000, "@enabled": "true"}
    assert shown["dataCenterInfo"]["@class"] == "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo"
    assert shown["metadata"] == {"@class": "java.util.Collections$EmptyMap"}
    assert shown["lastDirtyTimestamp"] == "1"


@pytest.mark.parametrize(
    ("written", "port"),
    [
        (8080, Port(number=8080, is_enabled=True)),
        ("8080", Port(number=8080, is_enabled=True)),
        ({"$": "8080", "@enabled": "false"}, Port(number=8080, is_enabled=False)),
        ({"$": 8080, "@enabled": True}, Port(number=8080, is_enabled=True)),
        (None, Port(number=7001, is_enabled=True)),
    ],
)
def test_every_way_to_write_a_port_is_read(written: object, port: Port) -> None:
    assert read_instance({"instance": {"hostName": "a", "app": "b", "port": written}}).port == port


def test_an_instance_without_id_has_the_name_of_its_host() -> None:
    assert read_instance({"instance": {"hostName": "host.example", "app": "b"}}).id == "host.example"


def test_the_only_application_and_instance_may_stand_without_a_list() -> None:
    only = {"applications": {"application": {"name": "B", "instance": {"hostName": "a", "app": "b"}}}}

    assert [one.app for one in read_applications(only).instances] == ["B"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"hostName": None}, "'hostName' is missing"),
        ({"app": " "}, "'app' is missing"),
        ({"status": "SLEEPY"}, "'SLEEPY' is not one of UP, DOWN, STARTING, OUT_OF_SERVICE, UNKNOWN"),
        ({"port": {"$": 70000}}, "'port' must be a whole number from 0 to 65535, not 70000"),
        ({"port": {"$": "many"}}, "'port' must be a whole number"),
        ({"port": {"$": 1, "@enabled": "maybe"}}, "'@enabled' must be true or false"),
        ({"leaseInfo": {"durationInSecs": 0}}, "'durationInSecs' must be a whole number from 1"),
        ({"leaseInfo": []}, "'leaseInfo' must be an object"),
        ({"metadata": {"a": {"b": 1}}}, "'metadata.a' must be text"),
        ({"metadata": {"": "b"}}, "a key of the metadata is empty"),
        ({"hostName": "a\x00b"}, "'hostName' has characters that XML cannot carry"),
        ({"ipAddr": "\ud800"}, "'ipAddr' has characters"),
        ({"vipAddress": "v" * 5000}, "'vipAddress' is longer than 4096"),
        ({"lastDirtyTimestamp": -1}, "'lastDirtyTimestamp' must be"),
    ],
)
def test_what_cannot_be_read_is_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInstance) as refused:
        read_instance({"instance": {"hostName": "a", "app": "B", **values}})

    assert says in str(refused.value)


BOMB = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><instance><app>&b;</app></instance>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><instance><app>&a;</app></instance>'
DEEP = b"<instance>" + b"<a>" * 9000 + b"</a>" * 9000 + b"</instance>"


@pytest.mark.parametrize("body", [BOMB, OUTSIDE, DEEP, b"<instance>", b'<?xml version="1.0" encoding="klingon"?><a/>'])
def test_more_than_plain_xml_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInstance, match=r"XML|nested deeper"):
        xml.decode(body)


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(InvalidInstance, match="not JSON"):
        json.decode(b"[" * 60_000)


@ON_ANY_MACHINE
@given(st.text(min_size=1))
def test_any_key_of_metadata_is_a_name_in_xml_and_comes_back(key: str) -> None:
    assert xml.unescape_name(xml.escape_name(key)) == key
