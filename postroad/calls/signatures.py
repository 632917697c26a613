"""Checks a decorated method and returns its operation.  Pure.  See also: `declaration`, for the decorators."""

import inspect
import re
from collections.abc import Callable
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec

from postroad.calls.fallback import Default, Omitted
from postroad.calls.operation import PLACE, Line, Naming, Operation
from postroad.errors import InvalidDeclaration

_GRPC = re.compile(r"[A-Za-z_][\w.]*/[A-Za-z_]\w*")
_PATH = re.compile(r"/(?:[\w.~:/-]|\{\w+\})*")
_NOT_NAMED = ("body", "headers")
_BODYLESS = ("GET", "HEAD", "DELETE")
_UNNAMED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def camel(name: str) -> str:
    """Return a parameter's name in camelCase, the default on the wire."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def operation(service: str, method: Callable[..., Any], line: Line, *, naming: Naming = camel) -> Operation:
    """Check a decorated method and return its operation.

    Raises:
        InvalidDeclaration: It contradicts itself; the text names it, the value and the way out.
    """
    call = f"{service}.{method.__name__}"
    _check_line(call, line)
    signature, result = _signature(call, method)
    names = [name for name in signature.parameters if name not in _NOT_NAMED]
    places = frozenset(PLACE.findall(line.path))
    if unknown := places.difference(names):
        known = ", ".join(names) or "none"
        raise InvalidDeclaration(
            f"{call}: the path has {{{min(unknown)}}}, which is no parameter; parameters: {known}."
        )
    if "body" in signature.parameters and line.verb in _BODYLESS:
        raise InvalidDeclaration(f"{call}: a {line.verb} has no body; name the parameter otherwise, or use @post.")
    may_be_none = NoneType in get_args(result)
    _check_fallback(call, line, result, may_be_none=may_be_none)
    return Operation(
        service=service,
        name=method.__name__,
        line=line,
        is_async=inspect.iscoroutinefunction(method),
        signature=signature,
        wire_names={name: naming(name) for name in names},
        places=places,
        may_be_none=may_be_none,
        decode=_decoder(call, line, result),
    )


def _check_line(call: str, line: Line) -> None:
    if not _PATH.fullmatch(line.path):
        raise InvalidDeclaration(f"{call}: path {line.path!r}: write it from the root, such as '/v1/tickets/{{id}}'.")
    if line.grpc and not _GRPC.fullmatch(line.grpc):
        raise InvalidDeclaration(f"{call}: grpc {line.grpc!r}: write package.Service/Method.")
    if line.deadline is not None and not line.deadline > 0:
        raise InvalidDeclaration(f"{call}: deadline {line.deadline!r} must be seconds above 0.")


def _signature(call: str, method: Callable[..., Any]) -> tuple[inspect.Signature, Any]:
    """Return the parameters without `self`, and the annotated result."""
    try:
        hints = get_type_hints(method, include_extras=True)
    except NameError as error:
        raise InvalidDeclaration(f"{call}: an annotation cannot be resolved: {error}.") from error
    signature = inspect.signature(method)
    parameters = list(signature.parameters.values())[1:]
    for parameter in parameters:
        if parameter.kind in _UNNAMED:
            raise InvalidDeclaration(f"{call}: *{parameter.name} has no names on the wire; name each parameter.")
        if parameter.name not in hints:
            raise InvalidDeclaration(f"{call}: parameter {parameter.name!r} has no type; annotate it.")
    if "return" not in hints:
        raise InvalidDeclaration(f"{call}: it has no return type; annotate it, with None if no answer matters.")
    return signature.replace(parameters=parameters), hints["return"]


def _check_fallback(call: str, line: Line, result: Any, *, may_be_none: bool) -> None:
    match line.otherwise:
        case Omitted() if not (may_be_none or result is NoneType):
            raise InvalidDeclaration(f"{call}: otherwise=omitted gives None, which {result!r} is not; add '| None'.")
        case Default(value=value):
            try:
                msgspec.convert(value, result)
            except msgspec.ValidationError as error:
                raise InvalidDeclaration(f"{call}: otherwise=default({value!r}) does not fit: {error}.") from error
        case _:
            pass


def _decoder(call: str, line: Line, result: Any) -> Callable[[bytes], object]:
    if line.verb == "HEAD":
        if result is not bool:
            raise InvalidDeclaration(f"{call}: a HEAD tells whether something exists; let it return bool.")
        return lambda body: True
    if result is NoneType:
        return lambda body: None
    try:
        # not strict: gRPC's JSON writes whole numbers of 64 bits as text
        return msgspec.json.Decoder(result, strict=False).decode
    except TypeError as error:
        raise InvalidDeclaration(f"{call}: a result of type {result!r} cannot be read: {error}") from error
