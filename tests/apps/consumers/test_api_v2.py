"""The REST API of consumers, version 2."""

import pytest
from django.test import Client

from apps.consumers.models import Consumer

pytestmark = pytest.mark.django_db

CONSUMERS = "/consumers/v2/consumers"


def test_a_consumer_is_created_where_the_answer_says(client: Client) -> None:
    body = {"name": {"firstName": "Ada", "lastName": "Lovelace"}}

    created = client.post(CONSUMERS, body, content_type="application/json")

    number = Consumer.objects.get().pk
    address = f"{CONSUMERS}/{number}"
    assert (created.status_code, created["Location"]) == (201, address)
    assert created.json() == {**body, "consumerId": number, "_links": {"self": {"href": address, "method": "GET"}}}
    assert client.get(address).json() == created.json()
    assert client.get(address)["ETag"] == created["ETag"]
