"""What the tests of the admin begin with: real dead letters and real sagas of the small shop."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from postroad.commands.sender import send
from postroad.messaging.models import DeadLetter
from postroad.messaging.outbox.producer import unit_of_work
from postroad.sagas.models import SagaInstance
from postroad.sagas.orchestrator import start_saga
from postroad.testing.pump import Pump
from tests.support.shop import Bake, Sale, Shop, sell


@pytest.fixture
def parked(pump: Pump, shop: Shop) -> DeadLetter:
    """A message that failed for good, with a later one of its key behind it."""
    shop.failures.add(7)
    with unit_of_work():
        send(Bake(order_id=7))
        send(Bake(order_id=7, loaves=2))
    pump.until_quiet()
    first = DeadLetter.objects.order_by("id").first()
    assert first is not None
    return first


@pytest.fixture
def sale(pump: Pump, shop: Shop) -> SagaInstance:
    """A saga that was refused and undone."""
    shop.refusals["charge"].add(3)
    with unit_of_work():
        start_saga(sell, Sale(order_id=3))
    pump.until_quiet()
    return SagaInstance.objects.get()


@pytest.fixture
def viewer(db: None) -> Client:
    """Somebody of the staff who may look at everything and do nothing."""
    user = User.objects.create_user("viewer", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client
