"""Nobody writes by hand what programs wrote: true of every page of ours and of the services'."""

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from postroad.console.filters import distinct_values
from postroad.console.paging import MAX_ROWS, BoundedPaginator
from postroad.console.readonly import ReadOnlyAdmin
from postroad.messaging.models import DeadLetter
from postroad.sagas.models import SagaInstance

pytestmark = pytest.mark.django_db

OURS = {model: shown for model, shown in admin.site._registry.items() if model._meta.app_label != "auth"}
URLS = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in OURS]


@pytest.mark.parametrize("shown", OURS.values(), ids=str)
def test_nobody_may_add_change_or_delete(shown: "admin.ModelAdmin[Model]", admin_user: object) -> None:
    request = RequestFactory().get("/")
    request.user = admin_user  # type: ignore[assignment]  # a plain request has none

    assert isinstance(shown, ReadOnlyAdmin)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request)
    assert not shown.has_delete_permission(request)


@pytest.mark.parametrize("url", URLS)
def test_a_form_to_add_is_refused(admin_client: Client, url: str) -> None:
    assert admin_client.get(f"{url}add/").status_code == 403
    assert admin_client.post(f"{url}add/", {}).status_code == 403


@pytest.mark.parametrize("url", URLS)
def test_an_empty_list_opens(admin_client: Client, url: str) -> None:
    assert admin_client.get(url).status_code == 200


@pytest.mark.parametrize("term", ["x", "#1", "1", "9" * 40, "9" * 5_000, "²", "%", "'", "a b", "\x00"])
@pytest.mark.parametrize("url", URLS)
def test_a_search_for_anything_opens(admin_client: Client, url: str, term: str) -> None:
    assert admin_client.get(url, {"q": term}).status_code == 200


def test_the_overview_and_the_sidebar_lead_to_every_list(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert [url for url in URLS if f'href="{url}"' not in page] == []


def test_a_list_counts_no_further_than_it_shows() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        count = BoundedPaginator(SagaInstance.objects.order_by("created_at"), 50).count

    assert count == 0
    assert f"LIMIT {MAX_ROWS}" in asked[0]["sql"]


def test_the_values_of_a_column_are_found_by_jumping_through_its_index() -> None:
    DeadLetter.objects.bulk_create(
        DeadLetter(subscriber=f"subscriber {number % 3}", message_id=str(number), body=b"", reason="")
        for number in range(30)
    )

    with CaptureQueriesContext(connection) as asked:
        values = distinct_values(DeadLetter, "subscriber")

    assert values == ["subscriber 0", "subscriber 1", "subscriber 2"]
    assert len(asked) == 1
