"""The admin's sidebar."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.test import RequestFactory

from postroad.console.navigation import sidebar
from postroad.messaging.models import DeadLetter

pytestmark = pytest.mark.django_db


def asked_by(user: User) -> HttpRequest:
    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def test_what_an_operator_looks_at_comes_first_and_people_last(admin_user: User) -> None:
    groups = sidebar(asked_by(admin_user))

    assert [item["title"] for item in groups[0]["items"]] == [
        "Sagas",
        "Dead letters",
        "Outbox messages",
        "Saga locks",
        "Overview",
    ]
    assert [group["title"] for group in groups[1:]] == [
        "Accounting",
        "Consumers",
        "Delivery",
        "Idempotency",
        "Kitchen",
        "Order history",
        "Orders",
        "Restaurants",
        "People",
    ]


def test_parked_letters_are_counted_beside_their_link(admin_user: User, parked: DeadLetter) -> None:
    _, letters, *_ = sidebar(asked_by(admin_user))[0]["items"]

    assert letters["badge"] == "2"


def test_the_count_ends_where_it_changes_nothing(admin_user: User) -> None:
    DeadLetter.objects.bulk_create(
        DeadLetter(subscriber="bakery", message_id=str(number), body=b"", reason="") for number in range(120)
    )

    sagas, letters, *_ = sidebar(asked_by(admin_user))[0]["items"]

    assert letters["badge"] == "100+"
    assert "badge" not in sagas


def test_who_may_see_nothing_is_led_nowhere() -> None:
    stranger = User.objects.create_user("stranger", is_staff=True)

    groups = sidebar(asked_by(stranger))

    assert [item["title"] for group in groups for item in group["items"]] == ["Overview"]
