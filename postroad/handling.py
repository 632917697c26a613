"""Checks the functions in handler tables: they must be ordinary functions, whose work is done when they return.

`async def`, generators and their wrappers only return an object that would have to be run, and nothing runs it.
`asgiref.sync.async_to_sync(function)` is an ordinary function.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from functools import partial
from types import SimpleNamespace, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from asgiref.sync import AsyncToSync, iscoroutinefunction

from postroad.errors import InvalidDeclaration, InvalidResult

R = TypeVar("R")
_LAZY = (Awaitable, Iterator, AsyncIterator)


def name_of(function: object) -> str:
    """Return the name of a function, without its wrappers."""
    for layer in _layers(function):
        if name := getattr(layer, "__qualname__", ""):
            return f"{layer.__module__}.{name}"
    return repr(function)


def check(function: Callable[..., Any], *, table: str, takes: Sequence[type] = (), arguments: int = 1) -> None:
    """Refuse a function that a table cannot call.

    Args:
        function: An entry of the table: a function, a method, a `partial`, an object with `__call__`.
        table: The table's name, which the error begins with.
        takes: Types of the first arguments.  Only their annotations are resolved.
        arguments: Number of arguments that the table passes.

    Raises:
        InvalidDeclaration: It is not a function, only returns an object to be run, or has annotations for other types.
    """
    if not callable(function):
        raise InvalidDeclaration(f"{table}: {function!r} is not a function.")
    name = name_of(function)
    if kind := _lazy_kind(function):
        raise InvalidDeclaration(
            f"{table}: {name} is {kind}, which nobody would run; write an ordinary function"
            " ('asgiref.sync.async_to_sync' makes one of an 'async def')."
        )
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # written in C: it has no signature
    try:
        signature.bind(*range(arguments))
    except TypeError as error:
        raise InvalidDeclaration(f"{table}: {name} cannot be called with {arguments} arguments: {error}.") from None
    for parameter, given in zip(signature.parameters.values(), takes, strict=False):
        if parameter.annotation is not parameter.empty:
            _check_parameter(function, parameter.annotation, takes=given, where=f"{table}: {name}")


def results_of(function: Callable[..., Any]) -> tuple[Any, ...]:
    """Return the types of a function's return annotation; empty if it has none or it cannot be resolved."""
    try:
        annotation = inspect.signature(function).return_annotation
        found = None if annotation is inspect.Signature.empty else _resolve(function, annotation)
    except (TypeError, ValueError, NameError, AttributeError, SyntaxError):
        return ()
    return () if found is None else _members(found)


def finished(result: R, function: Callable[..., Any]) -> R:
    """Check the result of a function, and return it.

    Raises:
        InvalidResult: It would still have to be run: a coroutine, another awaitable, an iterator.
    """
    if result is None or not isinstance(result, _LAZY):
        return result
    ending = getattr(result, "close", None) or getattr(result, "cancel", None)
    if ending is not None:
        ending()  # otherwise Python warns later that a coroutine was never awaited
    raise InvalidResult(
        f"{name_of(function)} returned {type(result).__qualname__}, which nobody runs: its work was not done."
    )


def _layers(function: object) -> Iterator[Any]:
    """Yield a function and what it wraps; `async_to_sync` is the one wrapper that runs what it wraps."""
    seen: list[object] = []
    while not any(function is one for one in seen):
        seen.append(function)
        yield function
        if isinstance(function, AsyncToSync | type):
            return
        if isinstance(function, partial):
            function = function.func
        elif inspect.ismethod(function):
            function = function.__func__
        elif hasattr(function, "__wrapped__"):
            function = function.__wrapped__
        elif not inspect.isroutine(function):
            function = type(function).__call__


def _lazy_kind(function: object) -> str:
    for layer in _layers(function):
        if isinstance(layer, AsyncToSync):
            return ""
        for one in (layer, _call_of(layer)):
            if inspect.isgeneratorfunction(one) or inspect.isasyncgenfunction(one):
                return "a generator function"
            if iscoroutinefunction(one):
                return "an 'async def'"
    return ""


def _call_of(layer: object) -> object:
    return None if inspect.isroutine(layer) or isinstance(layer, type) else type(layer).__call__


def _check_parameter(function: object, annotation: object, *, takes: type, where: str) -> None:
    try:
        taken = _resolve(function, annotation)
    except (NameError, AttributeError, TypeError, SyntaxError) as error:
        raise InvalidDeclaration(
            f"{where} takes {annotation!r}, which is not known at run time ({error}); import it outside"
            " 'if TYPE_CHECKING:', or leave the annotation out."
        ) from None
    if not any(_fits(one, takes) for one in _members(taken)):
        raise InvalidDeclaration(f"{where} takes {taken!r}; the table gives it {takes.__qualname__}.")


def _fits(taken: object, given: type) -> bool:
    return taken is Any or isinstance(taken, TypeVar) or (isinstance(taken, type) and issubclass(given, taken))


def _resolve(function: object, annotation: object) -> Any:
    *_, innermost = _layers(function)
    names = getattr(innermost, "__globals__", None)
    return get_type_hints(SimpleNamespace(__annotations__={"it": annotation}), globalns=names)["it"]


def _members(annotation: object) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
