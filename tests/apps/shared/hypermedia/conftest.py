"""What the tests of the shared parts begin with."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

Ask = Callable[..., Any]

ADA = {"name": {"firstName": "Ada", "lastName": "Lovelace"}}
CONSUMERS = "/consumers/v2/consumers"


@pytest.fixture
def register(client: Client, db: None) -> Ask:
    """Register a consumer; keyword arguments are headers, `_` for `-`."""

    def ask(body: object = ADA, address: str = CONSUMERS, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(address, json.dumps(body), content_type="application/json", headers=named)

    return ask


@pytest.fixture
def ada(register: Ask) -> str:
    """The address of a consumer."""
    address: str = register()["Location"]
    return address
