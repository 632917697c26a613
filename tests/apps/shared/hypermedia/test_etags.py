"""Entity tags: what a client has, and what it has seen."""

import pytest
from django.test import Client, RequestFactory

from apps.shared.hypermedia.protocol.etags import check_unchanged, is_known, tag_of
from apps.shared.hypermedia.protocol.problems import Problem

TAG = tag_of({"state": "APPROVED"})
WITH_PARTS = tag_of({"state": "APPROVED"}, parts={"consumer": 1})


def test_equal_states_have_equal_tags_and_others_do_not() -> None:
    assert tag_of({"state": "APPROVED"}) == TAG
    assert tag_of({"state": "CANCELLED"}) != TAG
    assert WITH_PARTS != TAG


@pytest.mark.parametrize("given", [TAG, f"W/{TAG}", f'"x", {TAG}', "*"])
def test_what_the_client_has_is_known(rf: RequestFactory, given: str) -> None:
    assert is_known(rf.get("/", headers={"if-none-match": given}), TAG)


@pytest.mark.parametrize("given", ["", '"x"', TAG.strip('"'), WITH_PARTS])
def test_what_the_client_has_not_is_not_known(rf: RequestFactory, given: str) -> None:
    assert not is_known(rf.get("/", headers={"if-none-match": given}), TAG)


@pytest.mark.parametrize("given", [TAG, f'"x", {TAG}', "*", WITH_PARTS])
def test_an_update_of_the_state_seen_goes_on(rf: RequestFactory, given: str) -> None:
    check_unchanged(rf.post("/", headers={"if-match": given}), TAG)


@pytest.mark.parametrize(
    ("given", "status"), [("", 428), (" ", 428), ('"x"', 412), (f"W/{TAG}", 412), ("garbage", 412), ("*, *", 412)]
)
def test_an_update_of_another_state_is_refused(rf: RequestFactory, given: str, status: int) -> None:
    with pytest.raises(Problem) as refused:
        check_unchanged(rf.post("/", headers={"if-match": given}), TAG)

    assert (refused.value.status, refused.value.field) == (status, "If-Match")


def test_a_get_answers_a_tag_and_then_nothing_new(client: Client, ada: str) -> None:
    first = client.get(ada)
    again = client.get(ada, headers={"if-none-match": first["ETag"]})

    assert first["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_a_head_answers_as_a_get_without_body(client: Client, ada: str) -> None:
    answer = client.head(ada)

    assert (answer.status_code, answer.content, answer["ETag"]) == (200, b"", client.get(ada)["ETag"])
