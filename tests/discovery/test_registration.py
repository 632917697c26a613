"""A process that registers itself, and what it does when the registry is away or has forgotten it."""

from typing import Any

import httpx
import pytest

from apps.registry.store import Registry
from postroad.calls.discovery.eureka.instance import Lease
from postroad.calls.discovery.registration import Registration
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.errors import ServiceUnavailable
from tests.faults.deployment import until
from tests.support.registry import HandClock, Line, instance

ME = "PUT /eureka/apps/KITCHEN/kitchen-1"
JOIN = "POST /eureka/apps/KITCHEN"


@pytest.fixture
def registration(client_of_registry: RegistryClient) -> Registration:
    return Registration(client_of_registry, instance())


def is_there(store: Registry) -> bool:
    return store.find("KITCHEN", "kitchen-1") is not None


def test_the_first_beat_registers_and_the_next_ones_renew(
    registration: Registration, store: Registry, line: Line, clock: HandClock
) -> None:
    waits = [registration.beat(), registration.beat()]
    clock.pass_by(60)
    registration.beat()
    clock.pass_by(60)

    assert waits == [30, 30]
    assert line.requests == [JOIN, ME, ME]
    assert is_there(store)


def test_an_instance_that_the_registry_forgot_registers_again_in_the_same_beat(
    registration: Registration, served: list[Registry], clock: HandClock, line: Line
) -> None:
    registration.beat()
    served[0] = Registry(clock=clock)
    registration.beat()

    assert is_there(served[0])
    assert line.requests == [JOIN, ME, JOIN]


def test_while_the_registry_is_away_the_beats_come_after_a_back_off_and_then_go_on(
    registration: Registration, store: Registry, line: Line
) -> None:
    registration.beat()
    line.is_cut = True
    away = [registration.beat() for _ in range(7)]
    line.is_cut = False

    assert away == [1, 2, 4, 8, 16, 30, 30]
    assert registration.beat() == 30
    assert is_there(store)


def test_a_started_registration_registers_renews_and_goes_when_it_is_stopped(
    client_of_registry: RegistryClient, store: Registry, line: Line
) -> None:
    registration = Registration(client_of_registry, instance(lease=Lease(renewal_seconds=1)))
    registration.start()
    until(lambda: ME in line.requests, seconds=10, what="a renewal")
    was_there = is_there(store)
    registration.stop()

    assert was_there
    assert not is_there(store)
    assert line.requests[-1] == "DELETE /eureka/apps/KITCHEN/kitchen-1"


def test_a_process_ends_although_the_registry_is_away(
    client_of_registry: RegistryClient, store: Registry, line: Line
) -> None:
    registration = Registration(client_of_registry, instance())
    registration.start()
    until(lambda: is_there(store), seconds=10, what="it is registered")
    line.is_cut = True
    registration.stop()

    assert not registration._thread.is_alive()


def test_a_process_that_never_reached_the_registry_takes_no_leave_of_it(
    client_of_registry: RegistryClient, line: Line
) -> None:
    registration = Registration(client_of_registry, instance())
    line.is_cut = True
    registration.start()
    until(lambda: line.attempts, seconds=10, what="a first attempt")
    registration.stop()

    assert line.attempts == 1


def answering(answers: dict[str, Any]) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host not in answers:
            raise httpx.ConnectTimeout("no answer", request=request)
        return httpx.Response(**{"status_code": 200, **answers[request.url.host]})

    return httpx.MockTransport(answer)


def test_the_next_address_of_the_registry_is_tried_and_then_kept() -> None:
    asked = []
    transport = answering({"b": {"json": {"applications": {"apps__hashcode": "", "application": []}}}})
    client = RegistryClient(["http://a", "http://b"], transport=transport)
    client._http.event_hooks = {"request": [lambda request: asked.append(request.url.host)]}
    client.everything()
    client.everything()

    assert asked == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"status_code": 500, "text": "broken"}, r"http://a: 500 .broken"),
        ({"status_code": 404}, r"nothing at http://a/apps \(404\); is POSTROAD\['REGISTRY_URL'\] right"),
        ({"text": "<html>"}, "is not a list of applications: the body is not JSON"),
        ({"json": {"applications": []}}, "'applications' must be an object"),
    ],
)
def test_an_answer_that_is_none_says_what_is_wrong(answer: dict[str, Any], says: str) -> None:
    client = RegistryClient(["http://a"], transport=answering({"a": answer}))

    with pytest.raises(ServiceUnavailable, match=says):
        client.everything()


def test_a_registration_where_no_registry_is_says_so_and_is_none() -> None:
    client = RegistryClient(["http://a/eurika"], transport=answering({"a": {"status_code": 404}}))
    registration = Registration(client, instance())

    assert [registration.beat(), registration.beat()] == [1, 2]
    with pytest.raises(ServiceUnavailable, match=r"nothing at http://a/eurika/apps/KITCHEN \(404\)"):
        client.register(instance())


def test_an_instance_that_cannot_be_read_does_not_hide_the_others() -> None:
    told = {"applications": {"application": [{"instance": [{"app": "A"}, {"app": "B", "hostName": "b"}]}]}}
    client = RegistryClient(["http://a"], transport=answering({"a": {"json": told}}))

    assert [one.app for one in client.everything().instances] == ["B"]
