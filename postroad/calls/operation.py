"""One declared call: arguments → what is sent, answer → value.  Pure.  See also: `declaration`, for how it is written."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import msgspec

from postroad.calls.fallback import Fallback
from postroad.calls.transport import Answer, Outgoing
from postroad.errors import CallRejected, InvalidAnswer

PLACE = re.compile(r"\{(\w+)\}")
"""A parameter's place in a path."""

Headers = Callable[[], Mapping[str, str]]
Naming = Callable[[str], str]


def no_headers() -> Mapping[str, str]:
    """Return no headers, for a call that adds none."""
    return {}


_encoder = msgspec.json.Encoder(decimal_format="string")
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Line:
    """The arguments of a method's decorator; see `declaration.get`."""

    verb: str
    path: str
    grpc: str
    deadline: float | None
    otherwise: Fallback
    is_idempotent: bool = field(kw_only=True)
    headers: Headers = field(kw_only=True, default=no_headers)


class Problem(msgspec.Struct):
    """The body of an answer that rejects a request."""

    code: str = ""
    detail: str = ""
    fields: dict[str, list[str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One declared call.

    Attributes:
        service: The called service.
        name: The method's name.
        line: The arguments of its decorator.
        is_async: Whether it was declared `async def`.
        signature: Its parameters, without `self`.
        wire_names: Parameter → its name on the wire; `body` and `headers` are not among them.
        places: Parameters in the path.
        may_be_none: Whether the result may be None, which then stands for a 404.
        decode: Body → value.
        headers: Returns the headers that its proxy and its decorator add to each call.
    """

    service: str
    name: str
    line: Line
    is_async: bool
    signature: inspect.Signature
    wire_names: Mapping[str, str]
    places: frozenset[str]
    may_be_none: bool
    decode: Callable[[bytes], object]
    headers: Headers = no_headers

    @property
    def call(self) -> str:
        """Its name in logs and errors, such as `kitchen.ticket`."""
        return f"{self.service}.{self.name}"

    def added_headers(self, arguments: Mapping[str, object]) -> Mapping[str, str]:
        """Return the headers of one call: the proxy's, the decorator's, and those that the caller passes as `headers`."""
        added, passed = self.headers(), arguments.get("headers")
        return {**added, **_lower(passed)} if isinstance(passed, Mapping) else added

    def outgoing(self, arguments: Mapping[str, object], *, headers: Mapping[str, str]) -> Outgoing:
        """Return the request for some arguments.

        Raises:
            CallRejected: An argument cannot be part of the path.
        """
        given = {name: arguments[name] for name in self.wire_names if arguments[name] is not None}
        return Outgoing(
            service=self.service,
            call=self.call,
            verb=self.line.verb,
            target=self._target(given),
            body=_encoder.encode(arguments["body"]) if "body" in arguments else b"",
            grpc=self.line.grpc,
            arguments={self.wire_names[name]: value for name, value in given.items()},
            headers=headers,
        )

    def value(self, answer: Answer) -> object:
        """Return the value in an answer.

        Raises:
            CallRejected: The service rejected the request (4xx).
            InvalidAnswer: The body does not fit the declared type, or the status is a redirect or informational.
        """
        if answer.status == 404 and self.line.verb == "HEAD":
            return False
        if answer.status == 404 and self.may_be_none:
            return None
        if 400 <= answer.status < 500:
            raise self._rejected(answer)
        if not 200 <= answer.status < 300:
            raise InvalidAnswer(f"{self.call}: the service answered {answer.status}; redirects are not followed.")
        if not answer.body and self.may_be_none:
            return None
        try:
            return self.decode(answer.body)
        except _UNREADABLE as error:
            raise InvalidAnswer(f"{self.call}: the answer does not fit the declared type: {error}") from error

    def _target(self, given: Mapping[str, object]) -> str:
        path = PLACE.sub(lambda match: self._segment(match[1], given.get(match[1])), self.line.path)
        query = [(self.wire_names[name], _text(value)) for name, value in given.items() if name not in self.places]
        return f"{path}?{urlencode(query, doseq=True)}" if query else path

    def _segment(self, name: str, value: object) -> str:
        text = "" if value is None else str(_text(value))
        if text in ("", ".", "..") or "/" in text:  # a server decodes %2F before it looks for the route
            raise CallRejected(self.call, status=400, code="invalid", detail=f"{name}={text!r} cannot stand in a path.")
        return quote(text, safe="")

    def _rejected(self, answer: Answer) -> CallRejected:
        try:
            problem = msgspec.json.decode(answer.body, type=Problem)
        except _UNREADABLE:
            problem = Problem()
        return CallRejected(
            self.call, status=answer.status, code=problem.code, detail=problem.detail, fields=problem.fields
        )


def headers_of(given: Headers | Mapping[str, str]) -> Headers:
    """Return headers as a function: a mapping is the same for each call."""
    if isinstance(given, Mapping):
        fixed = _lower(given)
        return lambda: fixed
    return given


def merged(first: Headers, then: Headers) -> Headers:
    """Return both together; the second one has precedence."""
    if then is no_headers:
        return first
    return then if first is no_headers else lambda: {**first(), **then()}


def _lower(given: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in given.items()}


def _text(value: object) -> object:
    """Return a value in the form for a URL: text, or a list of texts."""
    match value if type(value) in (int, str) else msgspec.to_builtins(value):
        case bool(truth):
            return "true" if truth else "false"
        case [*many]:
            return [_text(each) for each in many]
        case plain:
            return str(plain)
