"""A small client of the services' REST API, for the demo.

If the services authenticate callers, it sends DEMO_API_KEY or DEMO_TOKEN from the environment; either needs the role staff.
"""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postroad.secrecy import hide_password

_TIMEOUT_SECONDS = 10.0


class DemoFailed(Exception):
    """The demo cannot continue; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Where each service answers: name → base URL without a slash at its end."""

    urls: Mapping[str, str]

    def get(self, service: str, path: str) -> Any:
        """GET a JSON document."""
        return self._call("GET", service, path, None)

    def find(self, service: str, path: str) -> Any:
        """GET a JSON document; None if it does not exist."""
        try:
            return self._call("GET", service, path, None)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def post(self, service: str, path: str, body: object) -> Any:
        """POST a JSON document and return the answer."""
        return self._call("POST", service, path, body)

    def until_found(self, service: str, path: str, *, seconds: float) -> Any:
        """GET a document that does not exist yet, again and again until it does.

        Raises:
            DemoFailed: It did not appear in time.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            document = self.find(service, path)
            if document is not None:
                return document
            time.sleep(0.02)
        raise DemoFailed(f"{service} has no {path} after {seconds:g} s; look at 'manage.py outbox status'.")

    def _call(self, method: str, service: str, path: str, body: object) -> Any:
        url = f"{self.urls[service]}{path}"
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **_credentials()}
        request = urllib.request.Request(url, data=data, method=method, headers=headers)  # noqa: S310 - addresses come from our own settings
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code in (401, 403):
                found = f"{hide_password(url)}: {error.code}; set DEMO_API_KEY or DEMO_TOKEN to the key or token of a caller with the role staff."
                raise DemoFailed(found) from error
            raise
        except OSError as error:
            raise DemoFailed(
                f"{hide_password(url)}: nobody answers ({error}). Start it with 'make run' or 'make up'."
            ) from error


def _credentials() -> dict[str, str]:
    key, token = os.environ.get("DEMO_API_KEY"), os.environ.get("DEMO_TOKEN")
    if key:
        return {"X-API-Key": key}
    return {"Authorization": f"Bearer {token}"} if token else {}
