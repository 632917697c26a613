"""The admin's dead letters: what they show, and the two guarded actions."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from postroad.console import render
from postroad.messaging.inbox import dead_letters
from postroad.messaging.message import Envelope
from postroad.messaging.models import DeadLetter
from postroad.processes import redrive
from tests.support.shop import Shop

pytestmark = pytest.mark.django_db

LIST = "/admin/postroad_messaging/deadletter/"
REDRIVE = f"{LIST}confirm/redrive/"
DISCARD = f"{LIST}confirm/discard/"


def states() -> list[str]:
    return list(DeadLetter.objects.order_by("id").values_list("state", flat=True))


def said(client: Client) -> str:
    return " ".join(str(message) for message in client.get(LIST).context["messages"])


def park(number: int, *, body: bytes = b"{}", content_type: str = "application/json", key: str = "") -> DeadLetter:
    headers = {"partition-key": key or str(number)}
    envelope = Envelope(id=f"id-{number}", type="bakery.Bake", body=body, content_type=content_type, headers=headers)
    dead_letters.park("bakery", envelope, reason="ValueError: no flour", traceback="Traceback: no flour")
    return DeadLetter.objects.get(message_id=f"id-{number}")


def test_the_list_shows_what_failed_and_why(admin_client: Client, parked: DeadLetter) -> None:
    page = admin_client.get(LIST).content.decode()

    assert "bakery.Bake" in page
    assert "ValueError: cannot bake for 7" in page
    assert dead_letters.BEHIND in page


def test_a_letter_shows_reason_traceback_headers_and_an_indented_body(admin_client: Client, parked: DeadLetter) -> None:
    page = admin_client.get(f"{LIST}{parked.pk}/change/").content.decode()

    assert "ValueError: cannot bake for 7" in page
    assert "Traceback (most recent call last)" in page
    assert "partition-key: 7" in page
    assert "{\n  &quot;orderId&quot;: 7,\n  &quot;loaves&quot;: 1\n}" in page


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b"{broken", "application/json", "{broken"),
        (b"\xff\x00", "application/octet-stream", "\ufffd"),
        (b"[" * 9_000, "application/json", "[[[["),
        (b"x" * 50_000, "text/plain", "cut after 20000 of 50000 bytes"),
    ],
)
def test_a_body_of_any_kind_is_shown_and_bounded(
    admin_client: Client, body: bytes, content_type: str, shown: str
) -> None:
    letter = park(1, body=body, content_type=content_type)

    answer = admin_client.get(f"{LIST}{letter.pk}/change/")

    assert answer.status_code == 200
    assert shown in answer.content.decode()
    assert len(answer.content) < 200_000


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=id-2", {"id-2"}),
        ("q=key-a", {"id-1", "id-2"}),
        ("q=bakery.Bake", {"id-1", "id-2", "id-3"}),
        ("q=nothing", set()),
        ("state__exact=discarded", {"id-3"}),
        ("subscriber=bakery", {"id-1", "id-2", "id-3"}),
        ("subscriber=kitchen", set()),
    ],
)
def test_letters_are_found_by_id_key_type_state_and_subscriber(
    admin_client: Client, query: str, found: set[str]
) -> None:
    park(1, key="key-a")
    park(2, key="key-a")
    dead_letters.discard(park(3))

    shown = admin_client.get(f"{LIST}?{query}").context["cl"].result_list

    assert {letter.message_id for letter in shown} == found


def test_the_subscriber_filter_offers_the_subscribers_there_are(admin_client: Client, parked: DeadLetter) -> None:
    park(1)
    page = admin_client.get(LIST).content.decode()

    assert "?subscriber=bakery" in page
    assert "?subscriber=till" not in page


def test_redrive_asks_first_and_names_what_is_parked_behind(admin_client: Client, parked: DeadLetter) -> None:
    page = admin_client.get(f"{REDRIVE}?ids={parked.pk}").content.decode()

    assert "Redrive these messages?" in page
    assert "key 7" in page
    assert page.count("bakery.Bake</a>") == 2
    assert states() == ["parked", "parked"]


def test_redrive_handles_the_whole_key_in_order(admin_client: Client, parked: DeadLetter, shop: Shop) -> None:
    shop.failures.clear()

    answer = admin_client.post(f"{REDRIVE}?ids={parked.pk}")

    assert answer.headers["Location"] == LIST
    assert states() == ["redriven", "redriven"]
    assert [done for done in shop.done if done[0] == "bake"] == [("bake", 7), ("bake", 7)]
    assert "2 messages of key 7 for bakery handled." in said(admin_client)


def test_a_redrive_that_fails_again_says_so_and_keeps_all(admin_client: Client, parked: DeadLetter) -> None:
    admin_client.post(f"{REDRIVE}?ids={parked.pk}")

    assert states() == ["parked", "parked"]
    assert "failed again: ValueError: cannot bake for 7" in said(admin_client)


def test_discard_asks_first_and_then_gives_one_message_up(admin_client: Client, parked: DeadLetter) -> None:
    page = admin_client.get(f"{DISCARD}?ids={parked.pk}").content.decode()
    before = states()
    admin_client.post(f"{DISCARD}?ids={parked.pk}")

    assert "discarded for good" in page
    assert before == ["parked", "parked"]
    assert states() == ["discarded", "parked"]
    assert f"Dead letter {parked.pk} is discarded" in said(admin_client)


def test_what_was_done_is_logged_with_who_did_it(admin_client: Client, parked: DeadLetter) -> None:
    admin_client.post(f"{DISCARD}?ids={parked.pk}")

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("admin", str(parked.pk))
    assert "Discard for good" in entry.change_message


@pytest.mark.parametrize(("action", "url"), [("redrive_chosen", REDRIVE), ("discard_chosen", DISCARD)])
def test_an_action_of_the_list_leads_to_the_page_that_asks(
    admin_client: Client, parked: DeadLetter, action: str, url: str
) -> None:
    answer = admin_client.post(LIST, {"action": action, "_selected_action": [parked.pk, parked.pk + 1]})

    assert answer.headers["Location"] == f"{url}?ids={parked.pk}%2C{parked.pk + 1}"
    assert states() == ["parked", "parked"]


def test_more_letters_than_one_can_read_are_asked_about_in_part(admin_client: Client) -> None:
    chosen = [park(number).pk for number in range(101)]

    answer = admin_client.post(LIST, {"action": "redrive_chosen", "_selected_action": chosen})

    assert answer.headers["Location"].count("%2C") == 99
    assert "You chose more than 100 messages" in said(admin_client)


@pytest.mark.parametrize("verb", ["redrive", "discard"])
def test_a_letters_own_page_offers_both_while_it_is_parked(admin_client: Client, parked: DeadLetter, verb: str) -> None:
    url = f"{LIST}{parked.pk}/{verb}/"
    before = admin_client.get(f"{LIST}{parked.pk}/change/").content.decode()
    leads_to = admin_client.get(url).headers["Location"]
    dead_letters.discard(parked)
    after = admin_client.get(f"{LIST}{parked.pk}/change/").content.decode()

    assert url in before
    assert leads_to == f"{LIST}confirm/{verb}/?ids={parked.pk}"
    assert url not in after
    assert admin_client.get(url).status_code == 403


@pytest.mark.parametrize("url", [REDRIVE, DISCARD])
def test_a_letter_that_is_parked_no_more_is_left_alone(admin_client: Client, parked: DeadLetter, url: str) -> None:
    dead_letters.discard(parked)

    admin_client.post(f"{url}?ids={parked.pk}")

    assert states() == ["discarded", "parked"]
    assert "None of these messages is parked any more" in said(admin_client)


@pytest.mark.parametrize("ids", ["", "x", "1;2", "9" * 40, "-1", "²"])
@pytest.mark.parametrize("url", [REDRIVE, DISCARD])
def test_ids_that_are_none_change_nothing(admin_client: Client, parked: DeadLetter, url: str, ids: str) -> None:
    answer = admin_client.post(f"{url}?ids={ids}")

    assert answer.headers["Location"] == LIST
    assert states() == ["parked", "parked"]


@pytest.mark.parametrize("letter", ["x", "0", "9" * 40, "9" * 5_000, "²"])
@pytest.mark.parametrize("verb", ["redrive", "discard"])
def test_a_letter_that_never_was_is_refused(admin_client: Client, verb: str, letter: str) -> None:
    assert admin_client.get(f"{LIST}{letter}/{verb}/").status_code == 403


@pytest.mark.parametrize("url", [REDRIVE, DISCARD])
def test_who_may_only_look_can_do_neither(viewer: Client, parked: DeadLetter, url: str) -> None:
    page = viewer.get(LIST)
    asked = viewer.get(f"{url}?ids={parked.pk}")
    done = viewer.post(f"{url}?ids={parked.pk}")

    assert page.status_code == 200
    assert "redrive_chosen" not in page.content.decode()
    assert (asked.status_code, done.status_code) == (403, 403)
    assert states() == ["parked", "parked"]


@pytest.mark.parametrize("rows", [1, 30])
def test_the_list_costs_the_same_for_one_letter_and_for_thirty(
    admin_client: Client, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    letters = [park(number) for number in range(rows)]

    with django_assert_max_num_queries(10):
        answer = admin_client.get(LIST)

    assert len(answer.context["cl"].result_list) == len(letters)


LONE = "\ud800"


@pytest.mark.parametrize(
    ("body", "content_type", "shown"),
    [
        (b'{"name": "a\\ud800b"}', "application/json", r"a\ud800b"),
        (b'{"a\\udfffb": ["\\ud83d"]}', "application/json; charset=utf-8", r"a\udfffb"),
        (b"a\xed\xa0\x80b", "text/plain", "a\ufffd\ufffd\ufffdb"),
    ],
)
def test_half_of_a_surrogate_pair_in_a_body_is_shown_as_an_escape(
    admin_client: Client, body: bytes, content_type: str, shown: str
) -> None:
    letter = park(1, body=body, content_type=content_type)

    page = admin_client.get(f"{LIST}{letter.pk}/change/")

    assert page.status_code == 200
    assert shown in page.content.decode()


def test_half_of_a_surrogate_pair_in_a_header_is_shown_as_an_escape(admin_client: Client) -> None:
    letter = park(1)
    letter.headers = {"x": f"a{LONE}b"}  # written by a former release on SQLite

    assert r"x: a\ud800b" in render.named_values(letter.headers)
    assert r"a\ud800b" in render.value({"name": f"a{LONE}b"})


def test_no_key_looks_like_no_key() -> None:
    without = park(1)
    without.partition_key = ""
    behind = [park(2, key=f"no key {without.pk}"), park(3, key=f"no key {without.pk}")]

    heads = redrive.heads([without, *behind])

    assert heads == [without, behind[0]]
