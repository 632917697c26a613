"""How the fuzz suite is bounded, what it asks with, and hostile values.

Seeded: the same inputs in every run of CI.  FUZZ_EXAMPLES=N asks for N inputs of each kind, and draws new ones each run
(`make fuzz`).
"""

import http.client
import json
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

F = TypeVar("F", bound=Callable[..., None])

ANSWER_SECONDS = 15.0
"""Within which every request is answered; long, because the machines of CI are busy.  A hang takes longer."""


def fuzzed(examples: int, **strategies: st.SearchStrategy[Any]) -> Callable[[F], Any]:
    """Run a test with so many inputs, or with FUZZ_EXAMPLES."""
    wanted = int(os.environ.get("FUZZ_EXAMPLES") or 0)
    bounded = settings(
        max_examples=wanted or examples,
        derandomize=not wanted,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate],  # a smaller input finds another state of the servers
        suppress_health_check=list(HealthCheck),
    )

    def decorate(test: F) -> Any:
        return bounded(given(**strategies)(test))

    return decorate


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; status 0: it closed the connection without a word."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def ask(port: int, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Ask as a client that writes correct HTTP; `target` is sent as it is, quoted already."""
    lines = {"Host": "localhost", "Connection": "close", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return send(port, f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1", "replace") + body, method=method)


def send(port: int, raw: bytes, *, method: str = "GET", seconds: float = ANSWER_SECONDS) -> Answer:
    """Send bytes and read an answer.

    Raises:
        TimeoutError: There is none in time.
    """
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        try:
            connection.sendall(raw)
            answer = http.client.HTTPResponse(connection, method=method)
            answer.begin()
            found = answer.read()
        except (ConnectionError, http.client.HTTPException):
            return Answer(status=0, seconds=time.monotonic() - began)
    return Answer(
        status=answer.status, body=found, headers=dict(answer.headers.items()), seconds=time.monotonic() - began
    )


NASTY = [
    "", " ", "\0", "\n", "\r\nX: y", "\x1b[2J", "\u2028", "\u202e", "\ud800", "\U0001f9a0", "é" * 300, "null", "NaN",
    "0", "-1", "1e400", "9" * 40, str(2**63), "../../etc/passwd", "%00", "%ff", "'; DROP TABLE x; --", "{{7*7}}",
    "<script>", "a" * 5000,
]  # fmt: skip
texts = st.sampled_from(NASTY) | st.text(max_size=20)
numbers = st.integers(-3, 3) | st.sampled_from([2**31, 2**53, 2**63 - 1, 2**63, -(2**63), 10**40]) | st.floats()
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
ids = st.integers(0, 4).map(str) | st.sampled_from(
    ["-1", str(2**63 - 1), str(2**63), "9" * 40, "x", "%00", "%ff", "1.0", "%D9%A1"]
)


@st.composite
def mutated(draw: st.DrawFn, document: Any) -> Any:
    """A document as it is, or with one to three of its parts left out, doubled, renamed or replaced."""
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3]))):
        document = _changed(draw, document)
    return document


def _changed(draw: st.DrawFn, document: Any) -> Any:
    """Return a copy of a document that is changed at one place, as often deep inside as at the top."""
    if not isinstance(document, dict | list) or not document or draw(st.integers(0, 5)) == 0:
        return draw(values)
    if isinstance(document, list):
        at = draw(st.integers(0, len(document) - 1))
        new = draw(st.sampled_from([[], [document[at]] * 3, [_changed(draw, document[at])]]))
        return [*document[:at], *new, *document[at + 1 :]]
    name = draw(st.sampled_from(sorted(document)))
    rest = {other: each for other, each in document.items() if other != name}
    match draw(st.integers(0, 6)):
        case 0:
            return rest
        case 1:
            return {**rest, draw(texts): document[name]}
        case 2:
            return {**document, draw(texts): draw(values)}
        case _:
            return {**rest, name: _changed(draw, document[name])}


@st.composite
def bodies(draw: st.DrawFn, *documents: Any) -> bytes:
    """The bytes of a body: mostly JSON that looks like one of some documents, sometimes no JSON at all."""
    kind = draw(st.integers(0, 11))
    if kind == 0:
        return draw(st.binary(max_size=60))
    if kind == 1:
        return draw(
            st.sampled_from([b"[" * 50_000, b'{"a":' * 20_000, b"", b"\xef\xbb\xbf{}", b"{}" * 3, b'"\\ud800"'])
        )
    text = json.dumps(draw(mutated(draw(st.sampled_from(documents))))).encode()
    return text[: draw(st.integers(0, len(text)))] if kind == 2 else text
