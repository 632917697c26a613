"""The pages that show a service's API to people."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.services import GATEWAY, SERVICES

LINKS = re.compile(r"<nav .*?</nav>", re.DOTALL)
LOADED = re.compile(r"""(?:src|href)=["']([^"']*)["']""")


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_loads_only_what_we_serve(client: Client, service: str) -> None:
    loaded = LOADED.findall(LINKS.sub("", client.get(f"/{service}/docs/").content.decode()))

    assert [url for url in loaded if not url.startswith("/static/")] == []
    assert [url for url in loaded if finders.find(url.removeprefix("/static/")) is None] == []
    assert {Path(url).suffix for url in loaded} == {".css", ".js", ".png"}


@pytest.mark.parametrize("service", [*SERVICES, GATEWAY])
def test_a_page_leads_to_those_of_all_services(client: Client, service: str) -> None:
    (links,) = LINKS.findall(client.get(f"/{service}/docs/").content.decode())

    assert LOADED.findall(links) == [f"/{name}/docs/" for name in (GATEWAY, *SERVICES)]
    assert re.findall(r'"([^"]*)" aria-current', links) == [f"/{service}/docs/"]


def test_the_page_sends_the_documents_address_to_no_validator(client: Client) -> None:
    page = client.get("/orders/docs/").content.decode()
    given = re.search(r"const swaggerSettings = (\{.*?\});", page, re.DOTALL)

    assert given is not None
    assert json.loads(given.group(1))["validatorUrl"] == "none"


def test_the_pages_style_loads_nothing() -> None:
    style = Path(str(finders.find("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css"))).read_text()

    assert "@import" not in style
    assert re.findall(r"url\((?![\"']?data:)[^)]{0,80}", style) == []
