"""Which functions a table takes, and what it makes of what they return."""

import asyncio
import functools
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async

from postroad import handling
from postroad.codecs.types import Message
from postroad.commands.handlers import CommandHandlers
from postroad.commands.messages import Done
from postroad.errors import InvalidDeclaration, InvalidResult
from postroad.events.handlers import EventHandlers
from postroad.events.snapshots import Snapshots
from postroad.sagas.definition import Saga
from postroad.sagas.steps import CommandAction, Step
from tests.support.shop import BAKERY, LOAVES, Bake, Baked, LoafBaked, Sale, Sweep, Throw, bake

if TYPE_CHECKING:
    from decimal import Decimal as Unknown


async def coroutine(_: Any, *more: Any) -> None: ...


async def async_generator(_: Any, *more: Any) -> AsyncIterator[None]:
    yield None


def generator(_: Any, *more: Any) -> Iterator[None]:
    yield None


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*arguments: Any) -> Any:
        return function(*arguments)

    return wrapper


class Callee:
    async def __call__(self, _: Any, *more: Any) -> None: ...

    async def method(self, _: Any, *more: Any) -> None: ...

    @classmethod
    async def of_class(cls, _: Any, *more: Any) -> None: ...

    @staticmethod
    async def static(_: Any, *more: Any) -> None: ...


class GeneratingCallee:
    def __call__(self, _: Any, *more: Any) -> Iterator[None]:
        yield None


LAZY = {
    "coroutine": coroutine,
    "async_generator": async_generator,
    "generator": generator,
    "partial": functools.partial(coroutine),
    "partial of a partial": functools.partial(functools.partial(generator)),
    "decorated": logged(coroutine),
    "decorated twice": logged(logged(generator)),
    "partial of decorated": functools.partial(logged(async_generator)),
    "object": Callee(),
    "generating object": GeneratingCallee(),
    "method": Callee().method,
    "class method": Callee.of_class,
    "static method": Callee.static,
    "lambda": lambda _, *more: (yield),
    "sync_to_async": sync_to_async(print),
}


def saga_of(step: Step[Any]) -> Saga[Sale]:
    return Saga("counter.Any", version=1, data=Sale, key="order_id", steps=[step])


def tables(function: Any) -> dict[str, Callable[[], Any]]:
    """Return every table that binds a function."""
    return {
        "commands": lambda: CommandHandlers(BAKERY, {Sweep: function}),
        "events": lambda: EventHandlers("counter.x", of=LOAVES, handlers={LoafBaked: function}),
        "undo": lambda: saga_of(Step("x", do=bake, undo=function)),
        "on": lambda: saga_of(Step("a", do=bake, on={Baked: function})),
        "do": lambda: saga_of(Step("x", do=function)),
        "page": lambda: Snapshots(LOAVES, function),
    }


@pytest.mark.parametrize("table", ["commands", "events", "undo", "on", "do", "page"])
@pytest.mark.parametrize("kind", LAZY)
def test_a_function_that_nobody_would_run_is_refused_by_every_table(table: str, kind: str) -> None:
    function = LAZY[kind]

    with pytest.raises(InvalidDeclaration) as caught:
        tables(function)[table]()

    assert "which nobody would run" in str(caught.value)
    assert handling.name_of(function) in str(caught.value)


@pytest.mark.parametrize("table", ["commands", "events", "undo", "on", "do", "page"])
def test_what_is_no_function_is_refused_by_every_table(table: str) -> None:
    with pytest.raises(InvalidDeclaration, match=r"'usecases\.bake' is not a function"):
        tables("usecases.bake")[table]()


def test_a_function_that_takes_too_little_is_refused() -> None:
    with pytest.raises(InvalidDeclaration, match=r"commands of 'bakery': .*throw cannot be called with 1 arguments"):
        CommandHandlers(BAKERY, {Throw: functools.partial(throw, oven="oven")})


def test_an_async_function_made_ordinary_is_taken() -> None:
    async def throw(command: Throw) -> Done:
        await asyncio.sleep(0)
        return Done()

    table = CommandHandlers(BAKERY, {Throw: async_to_sync(throw)})

    assert table.handlers[Throw](Throw(order_id=1)) == Done()


def throw(oven: str, command: Throw) -> Done: ...


class Thrower:
    def __call__(self, command: Throw) -> Done: ...

    def method(self, command: Throw) -> Done: ...


def only_typed(command: Throw, price: "Unknown | None" = None) -> "Done": ...


def unknown_result(command: Throw) -> "Unknown": ...


def of_any(command: Any) -> Done: ...


def of_every_message(command: Message) -> Done: ...


def of_two(command: Bake | Throw) -> Done: ...


@pytest.mark.parametrize(
    "function",
    [
        functools.partial(throw, "oven"),
        Thrower(),
        Thrower().method,
        logged(Thrower()),
        only_typed,
        unknown_result,
        of_any,
        of_every_message,
        of_two,
        lambda _: Done(),
    ],
)
def test_whatever_can_be_called_with_the_command_is_taken(function: Any) -> None:
    assert CommandHandlers(BAKERY, {Throw: function}).handlers[Throw] is function


def take_bake(oven: str, command: Bake) -> Done: ...


class BakeOnly:
    def __call__(self, command: Bake) -> Done: ...


@pytest.mark.parametrize(
    "function", [functools.partial(take_bake, "oven"), BakeOnly(), functools.partial(BakeOnly()), logged(BakeOnly())]
)
def test_an_annotation_for_another_command_is_seen_through_what_wraps_it(function: Any) -> None:
    with pytest.raises(InvalidDeclaration, match=r"takes <class '.*Bake'>; the table gives it Throw"):
        CommandHandlers(BAKERY, {Throw: function})


def take_unknown(command: "Unknown") -> Done: ...


@pytest.mark.parametrize("function", [take_unknown, functools.partial(take_unknown), logged(take_unknown)])
@pytest.mark.parametrize("table", ["commands", "events", "undo"])
def test_a_name_that_only_the_type_checker_knows_is_named_with_its_handler_and_table(table: str, function: Any) -> None:
    with pytest.raises(InvalidDeclaration, match=r"take_unknown takes 'Unknown', which is not known at run time") as e:
        tables(function)[table]()

    assert str(e.value).startswith(
        ("commands of 'bakery'", "events of 'counter.x'", "saga counter.Any: step 'x', undo")
    )


def make_unknown(data: Sale) -> "Unknown": ...


@pytest.mark.parametrize("function", [make_unknown, functools.partial(make_unknown), logged(make_unknown)])
def test_a_command_that_only_the_type_checker_knows_is_named_with_its_function(function: Any) -> None:
    with pytest.raises(InvalidDeclaration, match=r"make_unknown must be annotated with what it returns"):
        saga_of(Step("x", do=function))


class Maker:
    def __call__(self, data: Sale) -> Sweep:
        return Sweep(order_id=data.order_id)


def make_sweep(extra: int, data: Sale) -> Sweep: ...


@pytest.mark.parametrize("function", [Maker(), functools.partial(make_sweep, 1), logged(Maker())])
def test_a_commands_function_may_be_whatever_can_be_called(function: Any) -> None:
    [step] = saga_of(Step("x", do=function)).steps

    assert isinstance(step.do, CommandAction)
    assert step.do.message is Sweep


def returns_nothing(command: Throw) -> None: ...


def returns_one_of_two(command: Throw) -> Done | Baked: ...


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (returns_nothing, "returns_nothing returns nothing, but Throw declares replies="),
        (returns_one_of_two, "returns_one_of_two returns Baked, which Throw does not declare"),
    ],
)
def test_an_annotated_result_that_the_command_does_not_declare_is_refused(function: Any, problem: str) -> None:
    with pytest.raises(InvalidDeclaration, match=problem):
        CommandHandlers(BAKERY, {Throw: function})


@pytest.mark.parametrize("make", [coroutine, async_generator, generator, lambda _: map(str, [1]), asyncio.sleep])
def test_a_result_that_nobody_runs_is_refused_and_leaves_no_warning(make: Callable[[Any], Any]) -> None:
    def handle() -> Any:
        return make(0)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(InvalidResult, match=r"handle returned .*, which nobody runs"):
            handling.finished(handle(), handle)
        gc.collect()

    assert caught == []


@pytest.mark.parametrize("result", [None, Done(), [], (), {}, "text", range(3)])
def test_a_result_that_is_there_is_returned(result: Any) -> None:
    assert handling.finished(result, print) is result
