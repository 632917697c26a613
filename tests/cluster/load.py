"""Runs in a pod: place orders at a steady rate until /tmp/stop exists; the last line printed is the report as JSON.

Every request has a connection of its own, as that of a new customer.  The name of the Service is looked up once: customers
come from outside, and the cluster's DNS, which starves on two cores while forty pods start, is not what is measured.
Python's own library only.
"""

import http.client
import json
import random
import socket
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

STOP = Path("/tmp/stop")  # noqa: S108 - in a pod of its own
URL = urlsplit(sys.argv[1])
RATE = int(sys.argv[2])
CUSTOMERS = 40
DELIVERY = {
    "address": {"street1": "1 Main Street", "street2": "Unit 99", "city": "Oakland", "state": "CA", "zip": "94612"},
    "time": "2027-01-01T12:00:00Z",
}

accepted: list[int] = []
failures: list[str] = []
seconds: list[float] = []


def look_up(name: str) -> str:
    while True:
        try:
            return socket.gethostbyname(name)
        except socket.gaierror:
            time.sleep(0.5)


ADDRESS = look_up(str(URL.hostname))  # of the Service: it stays the same while the release is upgraded


def ask(verb: str, path: str, body: object = None) -> tuple[int, dict[str, object]]:
    connection = http.client.HTTPConnection(ADDRESS, URL.port or 80, timeout=15)
    try:
        connection.request(verb, path, json.dumps(body), {"Content-Type": "application/json", "Host": URL.netloc})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


def place(consumer: object, restaurant: object, quantity: int) -> None:
    began = time.monotonic()
    order = {
        "consumerId": consumer,
        "restaurantId": restaurant,
        "deliveryAddress": DELIVERY["address"],
        "deliveryTime": DELIVERY["time"],
        "lineItems": [{"menuItemId": "1", "quantity": quantity}],
    }
    try:
        status, body = ask("POST", "/v1/orders", order)
    except (OSError, http.client.HTTPException, ValueError) as error:
        failures.append(f"{time.strftime('%H:%M:%S')} {type(error).__name__}: {error}")
        return
    finally:
        seconds.append(time.monotonic() - began)
    if status == 200:
        accepted.append(int(str(body["orderId"])))
    else:
        failures.append(f"{time.strftime('%H:%M:%S')} {status}: {body}")


def prepare() -> tuple[list[object], object]:
    menu = {"menuItems": [{"id": "1", "name": "Chicken Vindaloo", "price": "12.34"}]}
    restaurant = {"name": "Ajanta", "address": DELIVERY["address"], "menu": menu}
    where = ask("POST", "/v1/restaurants", restaurant)[1]["id"]
    name = {"firstName": "Ada", "lastName": "Customer"}
    who = [ask("POST", "/v1/consumers", {"name": name})[1]["consumerId"] for _ in range(CUSTOMERS)]
    while not accepted:  # the restaurant and the consumer are known to the others within moments
        place(who[0], where, 1)
        time.sleep(0.2)
    failures.clear()
    seconds.clear()
    return who, where


def shop(number: int, who: list[object], where: object) -> None:
    chance = random.Random(number)
    pause = CUSTOMERS / RATE
    due = time.monotonic() + chance.random() * pause
    while not STOP.exists():
        time.sleep(max(0.0, due - time.monotonic()))
        due += pause
        place(who[number], where, chance.randint(1, 3))


who, where = prepare()
threads = [threading.Thread(target=shop, args=(number, who, where)) for number in range(CUSTOMERS)]
for thread in threads:
    thread.start()
print("placed", flush=True)
for thread in threads:
    thread.join()
print(json.dumps({"accepted": accepted, "failures": failures, "slowest_seconds": max(seconds, default=0.0)}))
