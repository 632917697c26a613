"""Workers come and go under load: every order ends once, and what concerns one restaurant is handled in its order."""

import json
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from tests.cluster.customers import Customers, check_books
from tests.cluster.release import COMPONENT, INSTANCE, SERVICE, Release
from tests.cluster.report import Record
from tests.cluster.tools import until

SCALED = ("orders", "kitchen")
RESTAURANTS, REVISIONS = 8, 60
WATCH = """
    CREATE TABLE IF NOT EXISTS seen (id bigserial PRIMARY KEY, restaurant_id bigint, revision int);
    CREATE OR REPLACE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen (restaurant_id, revision) VALUES (NEW.restaurant_id, NEW.price::int); RETURN NEW; END $$;
    CREATE OR REPLACE TRIGGER see AFTER INSERT ON orders_menuitem FOR EACH ROW EXECUTE FUNCTION see();
"""
ADDRESS = {"street1": "1 Main Street", "street2": "Unit 99", "city": "Oakland", "state": "CA", "zip": "94612"}
FORGET = "DROP TRIGGER see ON orders_menuitem; DROP FUNCTION see(); DROP TABLE seen"


def send(verb: str, url: str, body: object) -> dict[str, object]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=verb)
    with urllib.request.urlopen(request, timeout=30) as answer:
        said: dict[str, object] = json.loads(answer.read() or b"{}")
        return said


def menu(revision: int) -> dict[str, object]:
    return {"menuItems": [{"id": "1", "name": "Naan", "price": f"{revision}.00"}]}


def keep_revising(url: str, until_revision: int = REVISIONS) -> int:
    """Open a restaurant and revise its menu again and again; return its id."""
    restaurant = {"name": "Ajanta", "address": ADDRESS, "menu": menu(1)}
    where = int(str(send("POST", f"{url}/v1/restaurants", restaurant)["id"]))
    for revision in range(2, until_revision + 1):
        send("PUT", f"{url}/v1/restaurants/{where}/menu", menu(revision))
        time.sleep(1)
    return where


def test_workers_are_scaled_from_one_to_four_and_back_under_load(release: Release, record: Record) -> None:
    def scale(replicas: int) -> float:
        """Return how long it took until all are ready and those that had to go have ended."""
        names = [f"deployment/{release.name}-{service}-worker" for service in SCALED]
        release.namespace.kubectl("scale", *names, f"--replicas={replicas}")
        return until(
            lambda: release.is_ready() and len(release.namespace.get("pods", f"-l{workers}")) == replicas * len(SCALED),
            seconds=240,
            what=f"{replicas} workers of two services are there",
        )

    workers = f"{INSTANCE}={release.name},{COMPONENT}=worker,{SERVICE} in ({','.join(SCALED)})"

    release.rows("orders", WATCH)
    customers = Customers(release, rate=5)
    customers.start()
    with release.namespace.forwarded(f"{release.name}-gateway") as url, ThreadPoolExecutor(RESTAURANTS) as owners:
        revising = [owners.submit(keep_revising, url) for _ in range(RESTAURANTS)]
        up = scale(4)
        down = scale(1)
        restaurants = [each.result() for each in revising]
    seen = customers.stop()
    until(
        lambda: int(release.rows("orders", "SELECT count(*) FROM seen")[0][0]) >= RESTAURANTS * REVISIONS,
        seconds=120,
        what="every revision is handled",
    )

    ended = check_books(release, seen)
    rows = release.rows("orders", "SELECT restaurant_id, revision FROM seen ORDER BY id")
    release.rows("orders", FORGET)
    order = {where: [int(revision) for owner, revision in rows if int(owner) == where] for where in restaurants}
    assert order == {where: list(range(1, REVISIONS + 1)) for where in restaurants}
    assert seen.failures == []
    record.say(
        "workers of two services from 1 to 4 and back under load",
        f"{up:.0f} s and {down:.0f} s; {dict(ended)}, the order of every key kept",
    )
