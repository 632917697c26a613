"""A repeated POST changes nothing and gets the first answer."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings

from apps.consumers import usecases
from apps.consumers.models import Consumer
from apps.shared.hypermedia.idempotency import OLD_ANSWERS
from apps.shared.hypermedia.models import AnsweredRequest
from postroad import clock
from postroad.composition import installed
from postroad.messaging import retention
from postroad.messaging.models import OutboxMessage
from tests.apps.shared.hypermedia.conftest import ADA, CONSUMERS, Ask

BOB = {"name": {"firstName": "Bob", "lastName": "Builder"}}
TOGETHER = 100
PATIENCE_SECONDS = 30


def test_the_same_request_is_answered_as_the_first_was(register: Ask) -> None:
    first = register(idempotency_key="k")
    again = register(idempotency_key="k")

    assert "Idempotency-Replayed" not in first.headers
    assert again["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert (Consumer.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_the_admin_shows_what_was_answered_found_by_service_and_key(register: Ask, admin_client: Client) -> None:
    register(idempotency_key="k")
    register(idempotency_key="l")
    pages = "/admin/hypermedia/answeredrequest/"
    links = [f"{pages}{row.pk}/change/" for row in AnsweredRequest.objects.order_by("key")]

    everything = admin_client.get(pages).content.decode()
    found = admin_client.get(f"{pages}?q=consumers+k").content.decode()
    page = admin_client.get(links[0]).content.decode()

    assert [link in everything for link in links] == [True, True]
    assert [link in found for link in links] == [True, False]
    assert "Ada" in page


def test_another_key_and_no_key_are_other_requests(register: Ask) -> None:
    register(idempotency_key="k")
    register(idempotency_key="l")
    register()
    register()

    assert Consumer.objects.count() == 4


def test_what_is_sent_is_sent_in_the_services_name(register: Ask) -> None:
    register(idempotency_key="k")

    assert OutboxMessage.objects.get().app_id == "consumers"


def test_a_key_of_another_body_or_address_is_refused(client: Client, register: Ask) -> None:
    register(idempotency_key="k")

    for_bob = register(BOB, idempotency_key="k")
    elsewhere = register(address="/consumers/consumers", idempotency_key="k")
    in_version_1 = register(address=CONSUMERS.replace("v2", "v1"), idempotency_key="k")

    assert [for_bob.status_code, elsewhere.status_code, in_version_1.status_code] == [422, 422, 422]
    assert for_bob.json()["code"] == "idempotency_key_reused"
    assert Consumer.objects.count() == 1


def test_a_key_means_nothing_to_another_service(client: Client, register: Ask) -> None:
    register(idempotency_key="k")
    answer = client.post(
        "/restaurants/v2/restaurants", {}, content_type="application/json", headers={"idempotency-key": "k"}
    )

    assert answer.status_code == 400


def test_version_1_takes_a_key_too(register: Ask) -> None:
    first = register(address="/consumers/v1/consumers", idempotency_key="k")
    again = register(address="/consumers/v1/consumers", idempotency_key="k")

    assert (again.status_code, again.json()) == (200, first.json())
    assert Consumer.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "é"])
def test_a_key_that_cannot_be_used_is_refused(register: Ask, key: str) -> None:
    answer = register(idempotency_key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert Consumer.objects.count() == 0


def test_the_longest_key_can_be_used(register: Ask) -> None:
    assert register(idempotency_key="x" * 255).status_code == 201


def test_a_request_that_was_not_understood_leaves_its_key_free(register: Ask) -> None:
    assert register({}, idempotency_key="k").status_code == 400
    assert register(idempotency_key="k").status_code == 201


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_a_rule_has_refused_is_refused_again(client: Client, db: None, version: str) -> None:
    def cancel() -> Any:
        headers = {"idempotency-key": "k", "if-match": "*"}
        return client.post(f"/orders/{version}/orders/7/cancel", headers=headers)

    first, again = cancel(), cancel()

    assert (first.status_code, again.status_code) == (404, 404)
    assert again["Idempotency-Replayed"] == "true"
    assert (again.content, again["Content-Type"]) == (first.content, first["Content-Type"])


def test_a_failure_on_our_side_leaves_the_key_free(register: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: object) -> None:
        raise OperationalError("the server is starting up")

    with monkeypatch.context() as broken:
        broken.setattr(usecases, "create_consumer", fail)
        assert register(idempotency_key="k").status_code == 503

    assert register(idempotency_key="k").status_code == 201


def test_a_defect_undoes_everything(register: Ask, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(usecases, "publish", lambda event: 1 / 0)
        assert register(idempotency_key="k").status_code == 500

    assert (Consumer.objects.count(), AnsweredRequest.objects.count()) == (0, 0)


def test_old_answers_are_forgotten_batch_by_batch(register: Ask, settings: Settings) -> None:
    settings.IDEMPOTENCY_RETENTION_HOURS = 1
    settings.POSTROAD = {**settings.POSTROAD, "RETENTION_BATCH_ROWS": 1}
    register(idempotency_key="a")
    register(idempotency_key="b")
    register(idempotency_key="c")
    AnsweredRequest.objects.exclude(key="c").update(created_at=clock.now() - timedelta(hours=2))

    assert list(retention.batches(OLD_ANSWERS)) == [1, 1, 0]
    assert AnsweredRequest.objects.get().key == "c"


def test_the_relays_forget_old_answers_too(register: Ask) -> None:
    register(idempotency_key="k")
    AnsweredRequest.objects.update(created_at=clock.now() - timedelta(hours=25))

    for expiring in installed().expiring:
        list(retention.batches(expiring))

    assert not AnsweredRequest.objects.exists()


@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_hundred_at_once_do_it_once_and_get_one_answer() -> None:
    meeting = threading.Barrier(TOGETHER, timeout=PATIENCE_SECONDS)

    def at_once(_: int) -> tuple[int, bytes, str]:
        try:
            connection.ensure_connection()
            meeting.wait()
            answer = Client().post(CONSUMERS, ADA, content_type="application/json", headers={"idempotency-key": "k"})
            return answer.status_code, answer.content, answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as threads:
        answers = list(threads.map(at_once, range(TOGETHER)))

    assert len(set(answers)) == 1
    assert answers[0][0] == 201
    assert (Consumer.objects.count(), OutboxMessage.objects.count()) == (1, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_wait_beyond_the_bound_is_answered_with_409(settings: Settings) -> None:
    settings.IDEMPOTENCY_WAIT_SECONDS = 0.05

    def repeat() -> Any:
        try:
            return Client().post(CONSUMERS, ADA, content_type="application/json", headers={"idempotency-key": "k"})
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as threads:
        AnsweredRequest.objects.create(service="consumers", key="k", fingerprint="", created_at=clock.now())
        answer = threads.submit(repeat).result()

    assert (answer.status_code, answer.json()["code"]) == (409, "request_in_progress")
