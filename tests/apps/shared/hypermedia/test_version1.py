"""Views of version 1 that are made from a resource.  The services' own tests call them."""

import json

import pytest
from django.test import RequestFactory

from apps.accounting.api.v2 import ACCOUNT
from apps.delivery.api.v2 import COURIER
from apps.shared.hypermedia.version1 import performs, shows

FACTORY = RequestFactory()


def test_an_action_that_is_not_declared_is_an_error_with_those_that_are() -> None:
    with pytest.raises(
        ValueError, match=r"accounting declares no action 'close' of account; declared: disable, enable\."
    ):
        performs(ACCOUNT, "close")


def test_an_object_that_is_not_there_is_404_without_links(db: None) -> None:
    answer = shows(COURIER)(FACTORY.get("/"), courier_id=7)

    assert answer.status_code == 404
    assert answer.data["code"] == "not_found"


def test_an_action_can_have_another_method_than_in_version_2(db: None) -> None:
    view = performs(COURIER, "availability", method="POST")
    body = json.dumps({"available": True})

    posted = view(FACTORY.post("/", body, content_type="application/json"), courier_id=7)
    put = view(FACTORY.put("/", body, content_type="application/json"), courier_id=7)

    assert (posted.status_code, put.status_code) == (200, 405)
    assert posted.data == {"courierId": 7, "available": True, "actions": []}
