"""The registry's operations over HTTP, for Postroad's registry or any server with Eureka's protocol."""

import json as text_json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.eureka import json
from postroad.calls.discovery.eureka.applications import Applications
from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.eureka.reader import read_applications
from postroad.calls.discovery.eureka.writer import write_instance
from postroad.errors import InvalidInstance, ServiceUnavailable
from postroad.extras import needs_extra
from postroad.secrecy import hide_password, hide_passwords

with needs_extra("discovery"):
    import httpx

TIMEOUT_SECONDS = 3.0
"""Longest time of a whole request: after that the next address is tried."""


ANSWER_BYTES = 16 * 1024 * 1024
"""Default of the setting REGISTRY_ANSWER_BYTES; the limits of Postroad's registry keep its answers below it."""

_USER = "registry"  # Postroad's registry checks only the password


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The address of a registry; `url` has no password, so that any text may show it."""

    url: str
    auth: httpx.BasicAuth | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """A complete answer of a registry."""

    url: str
    status: int
    body: bytes

    @property
    def is_missing(self) -> bool:
        return self.status == httpx.codes.NOT_FOUND


def registry_client(settings: DiscoverySettings) -> "RegistryClient":
    """Return a client of the registry that the settings name."""
    return RegistryClient(
        settings.registry_url, password=settings.registry_password, answer_bytes=settings.registry_answer_bytes
    )


class RegistryClient:
    """Tries the registry's addresses in turn, beginning with the one that answered last.

    Every operation raises ServiceUnavailable if none gives a valid answer.

    Concurrency: safe in many threads.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        password: str = "",
        answer_bytes: int = ANSWER_BYTES,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare a client; it connects at the first request.

        Args:
            urls: Such as `http://host:8761/eureka`, at least one; may contain a login, `http://user:password@host…`.
            password: Sent to addresses whose URL has none; empty: not sent.
            answer_bytes: Largest answer that is read.
            transport: Sends the requests; None: over the network.
        """
        self._places = tuple(_place(url, password) for url in urls)
        self._answer_bytes = answer_bytes
        self._http = httpx.Client(
            transport=transport,
            timeout=TIMEOUT_SECONDS,
            limits=httpx.Limits(
                max_keepalive_connections=0
            ),  # there is a call each half minute: a kept connection would be closed by then
            headers={
                "Accept": json.CONTENT_TYPE,
                "Accept-Encoding": "identity",  # compressed answers would not be limited by their size
                "Content-Type": json.CONTENT_TYPE,
            },
            trust_env=False,  # the registry is in the same network, so proxies of the environment are not used
        )

    def register(self, instance: Instance) -> None:
        """Begin a lease."""
        _check_place(
            self._request("POST", f"apps/{quote(instance.app, safe='')}", json.encode(write_instance(instance)))
        )

    def renew(self, instance: Instance) -> bool:
        """Prolong a lease; False: the registry does not know it."""
        answer = self._request("PUT", f"{_path(instance)}?lastDirtyTimestamp={instance.dirty_ms}")
        return not answer.is_missing

    def cancel(self, instance: Instance) -> None:
        """End a lease; it is no error if there is none."""
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
            return read_applications(json.decode(answer.body))
        except InvalidInstance as error:
            raise ServiceUnavailable(
                f"the answer of {hide_password(answer.url)} is not a list of applications: {error}"
            ) from error

    def _request(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        failures = []
        for place in self._places:
            url = f"{place.url}/{path}"
            try:
                answer = self._ask(method, url, body, place.auth)
            except httpx.HTTPError as error:
                failures.append(f"{hide_password(place.url)}: {type(error).__name__}: {hide_passwords(str(error))}")
                continue
            if httpx.codes.is_success(answer.status) or answer.is_missing:
                self._places = (place, *(other for other in self._places if other != place))
                return answer
            text = answer.body[:200].decode(errors="replace")
            failures.append(f"{hide_password(place.url)}: {answer.status} {text_json.dumps(text)}")
        raise ServiceUnavailable(f"the service registry cannot be used ({'; '.join(failures)}).")

    def _ask(self, method: str, url: str, body: bytes | None, auth: httpx.BasicAuth | None) -> _Answer:
        ends_at = time.monotonic() + TIMEOUT_SECONDS
        with self._http.stream(method, url, content=body, auth=auth) as answer:
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise httpx.DecodingError("the answer is compressed, although the request excludes that")
            read = bytearray()
            for chunk in answer.iter_bytes():
                read += chunk
                if len(read) > self._answer_bytes:
                    raise httpx.DecodingError(f"the answer is longer than {self._answer_bytes} bytes")
                if time.monotonic() > ends_at:
                    raise httpx.ReadTimeout(f"the answer takes longer than {TIMEOUT_SECONDS} s")
        return _Answer(url=url, status=answer.status_code, body=bytes(read))


def _place(url: str, password: str) -> _Place:
    parts = urlsplit(url)
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    if parts.username is not None or parts.password is not None:
        auth = httpx.BasicAuth(unquote(parts.username or ""), unquote(parts.password or ""))
        return _Place(url=plain, auth=auth)
    return _Place(url=plain, auth=httpx.BasicAuth(_USER, password) if password else None)


def _check_place(answer: _Answer) -> None:
    """Raise an error for a 404, which the protocol does not have here: the URL is not that of a registry."""
    if answer.is_missing:
        raise ServiceUnavailable(f"nothing at {hide_password(answer.url)} (404); is POSTROAD['REGISTRY_URL'] right?")


def _path(instance: Instance) -> str:
    return f"apps/{quote(instance.app, safe='')}/{quote(instance.id, safe='')}"
