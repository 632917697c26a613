"""What Netflix's own Java client sent, replayed at our registry, and what of our answers the client reads."""

import json
import socket
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from apps.registry.store import Registry
from tests.faults.deployment import free_port, until
from tests.pod.program import running, status
from tests.support.netflix_client import NETFLIX_CLIENT_1_10_18, NETFLIX_CLIENT_2_0_6, Recording
from tests.support.registry import HandClock
from tests.support.registry_server import RegistryServer

BOTH = pytest.mark.parametrize(
    "recorded",
    [NETFLIX_CLIENT_1_10_18, NETFLIX_CLIENT_2_0_6],
    ids=["eureka-client-1.10.18", "eureka-client-2.0.6"],
)
WEB = ("python", "-m", "config.web")


class Wire:
    """One connection, kept open as the client keeps it, and made again when the server closes it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def replay(self, request: bytes) -> tuple[int, bytes]:
        """Send the bytes; return the answer's status and body."""
        self._socket.sendall(request)
        with HTTPResponse(self._socket) as answer:
            answer.begin()
            body, is_last = answer.read(), answer.will_close
        if is_last:
            self.close()
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        return answer.status, body

    def fetch(self, request: bytes) -> Any:
        """Send the bytes; return the applications of the answer."""
        answered, body = self.replay(request)
        assert answered == 200
        return json.loads(body)["applications"]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def wire(served: list[Registry]) -> Iterator[Wire]:
    server = RegistryServer()
    server.start()
    wire = Wire(server.port)
    yield wire
    wire.close()
    server.stop()


def only_instance(applications: Any) -> Any:
    (application,) = applications["application"]
    (instance,) = application["instance"]
    return instance


@BOTH
def test_its_registration_is_accepted_and_shown_as_it_reads_it(wire: Wire, recorded: Recording) -> None:
    assert wire.replay(recorded.registration) == (204, b"")  # it takes nothing else for a success
    shown = wire.fetch(recorded.everything)

    assert shown["apps__hashcode"] == "UP_1_"
    assert int(shown["versions__delta"]) > 0
    assert [application["name"] for application in shown["application"]] == ["ORDERS"]
    instance = only_instance(shown)
    times = {key: instance.pop(key) for key in ("leaseInfo", "lastUpdatedTimestamp", "lastDirtyTimestamp")}
    assert instance == {
        "instanceId": "localhost:orders:9101",
        "hostName": "127.0.0.1",
        "app": "ORDERS",
        "ipAddr": "127.0.0.1",
        "status": "UP",
        "overriddenstatus": "UNKNOWN",
        "port": {"$": 9101, "@enabled": "true"},
        "securePort": {"$": 9443, "@enabled": "true"},
        "countryId": 1,
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "metadata": {"weight_class": "heavy", "zone": "a", "text": "caf\u00e9 <&>"},
        "vipAddress": "orders",
        "secureVipAddress": "orders-safe",
        "isCoordinatingDiscoveryServer": "false",
        "appGroupName": "UNKNOWN",
        "homePageUrl": "http://127.0.0.1:9101/",
        "statusPageUrl": "http://127.0.0.1:9101/Status",
        "healthCheckUrl": "http://127.0.0.1:9101/healthcheck",
        "secureHealthCheckUrl": "https://127.0.0.1:9443/healthcheck",
        "actionType": "ADDED",
    }
    assert f"lastDirtyTimestamp={times['lastDirtyTimestamp']} ".encode() in recorded.heartbeat
    assert (times["leaseInfo"]["renewalIntervalInSecs"], times["leaseInfo"]["durationInSecs"]) == (2, 6)


@BOTH
def test_its_heartbeats_keep_it_registered(wire: Wire, clock: HandClock, recorded: Recording) -> None:
    wire.replay(recorded.registration)
    clock.pass_by(4)
    renewed = wire.replay(recorded.heartbeat)
    clock.pass_by(4)

    assert renewed == (200, b"")
    assert only_instance(wire.fetch(recorded.everything))["leaseInfo"]["lastRenewalTimestamp"] == 1_900_000_004_000


@BOTH
def test_its_heartbeat_at_a_restarted_registry_is_404_without_a_body(wire: Wire, recorded: Recording) -> None:
    assert wire.replay(recorded.heartbeat) == (404, b"")  # a body it would take for an instance, fail, and not register
    assert wire.replay(recorded.registration) == (204, b"")


@BOTH
def test_its_delta_has_the_change_and_the_hashcode_of_all(wire: Wire, recorded: Recording) -> None:
    wire.replay(recorded.registration)
    added = wire.fetch(recorded.delta)
    wire.replay(recorded.cancellation)
    deleted = wire.fetch(recorded.delta)

    assert (added["apps__hashcode"], only_instance(added)["actionType"]) == ("UP_1_", "ADDED")
    assert (deleted["apps__hashcode"], only_instance(deleted)["actionType"]) == ("", "DELETED")
    assert int(deleted["versions__delta"]) > int(added["versions__delta"])


@BOTH
def test_it_is_taken_out_of_service_and_back(wire: Wire, recorded: Recording) -> None:
    wire.replay(recorded.registration)

    assert wire.replay(recorded.out_of_service) == (200, b"")
    out = only_instance(wire.fetch(recorded.delta))
    assert wire.replay(recorded.back_in_service) == (200, b"")
    back = only_instance(wire.fetch(recorded.delta))
    assert (out["status"], out["overriddenstatus"], out["actionType"]) == (
        "OUT_OF_SERVICE",
        "OUT_OF_SERVICE",
        "MODIFIED",
    )
    assert (back["status"], back["overriddenstatus"]) == ("UP", "UNKNOWN")


@BOTH
def test_it_sees_the_last_instance_of_a_virtual_address_go(wire: Wire, recorded: Recording) -> None:
    wire.replay(recorded.registration)
    before = wire.fetch(recorded.vip)
    wire.replay(recorded.cancellation)

    assert only_instance(before)["instanceId"] == "localhost:orders:9101"
    assert wire.fetch(recorded.vip)["application"] == []  # it takes a 404 for a failure, and keeps what it knew


@pytest.mark.slow
@BOTH
def test_the_web_process_hands_us_its_registration_whole(tmp_path: Path, recorded: Recording) -> None:
    port = free_port()
    with running(tmp_path, WEB, service="registry", PORT=str(port)):
        until(lambda: status(port, "/livez") == 200, seconds=60, what="the registry serves")
        wire = Wire(port)
        answers = [wire.replay(request) for request in (recorded.heartbeat, recorded.registration, recorded.heartbeat)]
        found = only_instance(wire.fetch(recorded.everything))
        wire.close()

    assert answers == [(404, b""), (204, b""), (200, b"")]
    assert found["instanceId"] == "localhost:orders:9101"
