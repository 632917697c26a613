"""The registry's operations over HTTP: ours, or any server that speaks Eureka's protocol.  Not: when they are called."""

import json as text_json
from collections.abc import Sequence
from urllib.parse import quote

import httpx

from postroad.discovery.registry import json
from postroad.discovery.registry.applications import Applications
from postroad.discovery.registry.instance import Instance
from postroad.discovery.registry.reader import read_applications
from postroad.discovery.registry.writer import write_instance
from postroad.errors import InvalidInstance, ServiceUnavailable
from postroad.secrecy import hide_password, hide_passwords

TIMEOUT_SECONDS = 3.0
"""Of a whole request: a registry that takes longer is away, and the next address is tried."""


class RegistryClient:
    """Tries the registry's addresses in turn, beginning with the one that answered last.

    Every operation raises ServiceUnavailable if none answers as it should.

    Concurrency: safe in many threads.
    """

    def __init__(self, urls: Sequence[str], *, transport: httpx.BaseTransport | None = None) -> None:
        """Connect to nothing yet.

        Args:
            urls: Such as `http://host:8761/eureka`, at least one.
            transport: How requests travel; None: over the network.
        """
        self._urls = tuple(urls)
        self._http = httpx.Client(
            transport=transport,
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),  # a call each half minute: a kept one would be stale
            headers={"Accept": json.CONTENT_TYPE, "Content-Type": json.CONTENT_TYPE},
            trust_env=False,  # the registry is a neighbour: a proxy for the outside world is not asked
        )

    def register(self, instance: Instance) -> None:
        """Begin a lease."""
        _check_place(
            self._request("POST", f"apps/{quote(instance.app, safe='')}", json.encode(write_instance(instance)))
        )

    def renew(self, instance: Instance) -> bool:
        """Prolong a lease; False: the registry does not know it."""
        answer = self._request("PUT", f"{_path(instance)}?lastDirtyTimestamp={instance.dirty_ms}")
        return answer.status_code != httpx.codes.NOT_FOUND

    def cancel(self, instance: Instance) -> None:
        """End a lease; none is as good."""
        self._request("DELETE", _path(instance))

    def everything(self) -> Applications:
        """Fetch all instances."""
        return self._fetch("apps")

    def changed(self) -> Applications:
        """Fetch the instances that changed within the last minutes."""
        return self._fetch("apps/delta")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _fetch(self, path: str) -> Applications:
        answer = self._request("GET", path)
        _check_place(answer)
        try:
            return read_applications(json.decode(answer.content))
        except InvalidInstance as error:
            raise ServiceUnavailable(
                f"the answer of {hide_password(str(answer.url))} is no list of applications: {error}"
            ) from error

    def _request(self, method: str, path: str, body: bytes | None = None) -> httpx.Response:
        failures = []
        for url in self._urls:
            try:
                answer = self._http.request(method, f"{url}/{path}", content=body)
            except httpx.HTTPError as error:
                failures.append(f"{hide_password(url)}: {type(error).__name__}: {hide_passwords(str(error))}")
                continue
            if answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
                self._urls = (url, *(other for other in self._urls if other != url))
                return answer
            failures.append(f"{hide_password(url)}: {answer.status_code} {text_json.dumps(answer.text[:200])}")
        raise ServiceUnavailable(f"the service registry cannot be used ({'; '.join(failures)}).")


def _check_place(answer: httpx.Response) -> None:
    """Refuse a 404 where the protocol has none: no registry is there."""
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise ServiceUnavailable(
            f"nothing at {hide_password(str(answer.url))} (404); is POSTROAD['REGISTRY_URL'] right?"
        )


def _path(instance: Instance) -> str:
    return f"apps/{quote(instance.app, safe='')}/{quote(instance.id, safe='')}"
