"""A deployment has the start page and its figures if it asks for them."""

import pytest

from tests.pod.program import run

pytestmark = pytest.mark.slow
SERVERS = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "BROKER_URL": "amqp://127.0.0.1:1//"}
FOUND = """
import django
from django.urls import Resolver404, resolve
django.setup()
for path in ("/", "/tour/status.json", "/tour/events"):
    try:
        print(resolve(path).func.__name__)
    except Resolver404:
        print("nothing")
"""


@pytest.mark.parametrize("service", ["gateway", "orders"])
@pytest.mark.parametrize(
    ("asked", "found"),
    [("", ["nothing"] * 3), ("false", ["nothing"] * 3), ("true", ["start_page", "status", "events"])],
)
def test_the_tour_is_served_where_it_is_asked_for(service: str, asked: str, found: list[str]) -> None:
    done = run("-c", FOUND, service=service, TOUR=asked, **SERVERS)

    assert done.stdout.split() == found, done.stderr
