"""The REST API of consumers, version 1."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.consumers.models import Consumer
from postroad.messaging.models import OutboxMessage

pytestmark = pytest.mark.django_db

NAME = {"firstName": "Ada", "lastName": "Lovelace"}


def create(client: Client, body: object) -> Any:
    return client.post("/consumers/v1/consumers", body, content_type="application/json")


def test_a_new_consumer_answers_its_id(client: Client) -> None:
    answer = create(client, {"name": NAME})

    assert answer.status_code == 200
    assert answer.json() == {"consumerId": Consumer.objects.get().pk}


def test_a_new_consumer_is_shown(client: Client) -> None:
    consumer = create(client, {"name": NAME}).json()["consumerId"]

    answer = client.get(f"/consumers/v1/consumers/{consumer}")

    assert answer.status_code == 200
    assert answer.json() == {"consumerId": consumer, "name": NAME}


def test_a_new_consumer_is_announced(client: Client) -> None:
    consumer = create(client, {"name": NAME}).json()["consumerId"]

    event = OutboxMessage.objects.get()
    assert (event.type, event.channel) == ("consumers.ConsumerCreated", "consumers.Consumer")
    assert (event.partition_key, event.app_id) == (str(consumer), "consumers")
    assert json.loads(bytes(event.body)) == {"consumerId": consumer, **NAME}


def test_two_consumers_may_have_one_name(client: Client) -> None:
    create(client, {"name": NAME})
    create(client, {"name": NAME})

    assert Consumer.objects.count() == 2


def test_names_are_trimmed(client: Client) -> None:
    create(client, {"name": {**NAME, "firstName": " Ada  "}})

    assert str(Consumer.objects.get()) == "Ada Lovelace"


def test_an_unknown_consumer_is_not_found(client: Client) -> None:
    answer = client.get("/consumers/v1/consumers/404")

    assert answer.status_code == 404
    assert answer.json() == {"code": "not_found", "detail": "There is no consumer 404.", "fields": {}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": None}, "name"),
        ({"name": "Ada Lovelace"}, "name"),
        ({"name": {"firstName": "Ada"}}, "name.lastName"),
        ({"name": {**NAME, "firstName": ""}}, "name.firstName"),
        ({"name": {**NAME, "firstName": 5}}, "name.firstName"),
        ({"name": {**NAME, "firstName": "A\x00"}}, "name.firstName"),
        ({"name": {**NAME, "firstName": "\ud800"}}, "name.firstName"),
        ({"name": {**NAME, "lastName": "x" * 101}}, "name.lastName"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_its_field(client: Client, body: Any, field: str) -> None:
    answer = create(client, body)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert list(answer.json()["fields"]) == [field]
    assert not OutboxMessage.objects.exists()
