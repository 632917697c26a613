"""The admin's page of saga locks."""

import pytest
from django.test import Client

from postroad.messaging.message import Envelope
from postroad.sagas.models import SagaLock
from postroad.sagas.participants import locks

pytestmark = pytest.mark.django_db
ADA, BOB = "01992f00-0000-7000-8000-000000000001", "01992f00-0000-7000-8000-000000000002"


@pytest.fixture
def held() -> SagaLock:
    """A room that Ada's saga holds and Bob's waits for."""
    locks.claim("rooms/room/7", saga_id=ADA, saga_type="hotel.Book")
    locks.stash("rooms/room/7", Envelope(id="1", type="rooms.Hold", body=b"{}"), saga_id=BOB)
    return SagaLock.objects.get()


def test_a_lock_says_who_holds_it_and_what_waits(admin_client: Client, held: SagaLock) -> None:
    page = admin_client.get("/admin/postroad_sagas/sagalock/rooms_2Froom_2F7/change/").content.decode()

    assert ADA in page
    assert f"rooms.Hold of saga {BOB}" in page


def test_a_foreign_orchestrators_id_is_shown_as_it_is(admin_client: Client) -> None:
    locks.claim("rooms/room/7", saga_id="order 7", saga_type="java.Book")

    assert "order 7" in admin_client.get("/admin/postroad_sagas/sagalock/").content.decode()


@pytest.mark.parametrize(("term", "found"), [("rooms/room/7", 1), (ADA, 1), ("rooms/room/8", 0), (BOB, 0)])
def test_a_lock_is_found_by_its_target_or_saga(admin_client: Client, held: SagaLock, term: str, found: int) -> None:
    page = admin_client.get("/admin/postroad_sagas/sagalock/", {"q": term})

    assert page.status_code == 200
    assert page.context["cl"].result_count == found
