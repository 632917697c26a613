from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

import pytest

from postroad.calls.declaration import delete, get, head, operations_of, patch, post, proxy, put
from postroad.calls.fallback import default, omitted
from postroad.errors import InvalidDeclaration
from tests.support.calls import Bakery, Loaf, Order


def _interface(methods: dict[str, Any]) -> type:
    bases: Any = (Protocol,)
    return type("Shop", bases, {**methods, "_is_protocol": True})


def _declare(method: Callable[..., Any], decorator: Callable[[Any], Any]) -> Any:
    """Declare an interface with one method; return it."""
    interface = _interface({"call": decorator(method)})
    return proxy("shop")(interface)


def _one(self: object, loaf_id: int) -> Loaf: ...  # type: ignore[empty-body]  # declared only


def _undecorated(self: object) -> None: ...


def _maybe(self: object, loaf_id: int) -> Loaf | None: ...


def _with_body(self: object, body: Order) -> Loaf: ...  # type: ignore[empty-body]  # declared only


def _without_result(self: object, loaf_id: int): ...  # type: ignore[no-untyped-def]  # the point of the test


def _without_type(self: object, loaf_id) -> Loaf: ...  # type: ignore[no-untyped-def, empty-body]  # as above


def _with_rest(self: object, **others: int) -> Loaf: ...  # type: ignore[empty-body]  # declared only


def _unreadable(self: object) -> Loaf | Order: ...  # type: ignore[empty-body]  # declared only


def _unresolved(self: object) -> "Nowhere": ...  # type: ignore[name-defined]  # noqa: F821 - the point of the test


@pytest.mark.parametrize(
    ("method", "decorator", "problem"),
    [
        (_one, get("/v1/loaves/{loafid}"), r"shop._one: the path has \{loafid\}, which is no parameter.*: loaf_id"),
        (_one, get("v1/loaves/{loaf_id}"), r"write it from the root"),
        (_one, get("/v1/loaves?id={loaf_id}"), r"write it from the root"),
        (_one, get("/v1/loaves/{loaf_id}", grpc="GetLoaf"), r"write package.Service/Method"),
        (_one, get("/v1/loaves/{loaf_id}", deadline=0), r"seconds above 0"),
        (_one, get("/v1/loaves/{loaf_id}", otherwise=omitted), r"add '\| None'"),
        (_one, get("/v1/loaves/{loaf_id}", otherwise=default(5)), r"otherwise=default\(5\) does not fit"),
        (_one, head("/v1/loaves/{loaf_id}"), r"let it return bool"),
        (_with_body, get("/v1/loaves"), r"a GET has no body"),
        (_with_body, delete("/v1/loaves"), r"a DELETE has no body"),
        (_without_result, get("/v1/loaves/{loaf_id}"), r"it has no return type"),
        (_without_type, get("/v1/loaves/{loaf_id}"), r"parameter 'loaf_id' has no type"),
        (_with_rest, get("/v1/loaves"), r"\*others has no names on the wire"),
        (_unreadable, get("/v1/loaves"), r"cannot be read"),
        (_unresolved, get("/v1/loaves"), r"cannot be resolved.*Nowhere"),
        (_undecorated, lambda method: method, r"put @get, @post, … on it"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused_with_the_way_out(
    method: Callable[..., Any], decorator: Callable[[Any], Any], problem: str
) -> None:
    with pytest.raises(InvalidDeclaration, match=problem):
        _declare(method, decorator)


@pytest.mark.parametrize(
    "decorator",
    [get("/v1/loaves/{loaf_id}", otherwise=omitted), get("/v1/loaves/{loaf_id}", otherwise=default(None))],
)
def test_a_fallback_that_fits_is_taken(decorator: Callable[[Any], Any]) -> None:
    interface = _declare(_maybe, decorator)

    assert len(operations_of(interface)) == 1


def test_a_plain_class_is_no_interface() -> None:
    with pytest.raises(InvalidDeclaration, match=r"must be a Protocol"):
        proxy("shop")(type("Shop", (), {}))


def test_an_interface_without_calls_is_refused() -> None:
    with pytest.raises(InvalidDeclaration, match=r"it declares no call"):
        proxy("shop")(_interface({}))


@pytest.mark.parametrize("service", ["", "Kitchen", "kitchen/v1", "1"])
def test_a_name_that_no_service_has_is_refused(service: str) -> None:
    with pytest.raises(InvalidDeclaration, match=r"write its name"):
        proxy(service)


def test_an_undeclared_class_has_no_operations() -> None:
    with pytest.raises(InvalidDeclaration, match=r"put @proxy on it"):
        operations_of(Loaf)


def test_what_reads_replaces_or_removes_is_idempotent_and_the_rest_only_when_it_says_so() -> None:
    @proxy("shop")
    class Shop(Protocol):
        @put("/v1/a")
        def a(self) -> None: ...
        @post("/v1/b")
        def b(self) -> None: ...
        @patch("/v1/c")
        def c(self) -> None: ...
        @post("/v1/d", idempotent=True)
        def d(self) -> None: ...

    assert [each.line.is_idempotent for each in operations_of(Shop)] == [True, False, False, True]
    assert {each.name for each in operations_of(Bakery) if each.line.is_idempotent} >= {"loaf", "throw", "is_there"}


def test_the_colour_is_that_of_the_declaration() -> None:
    asynchronous = {each.name for each in operations_of(Bakery) if each.is_async}

    assert asynchronous == {"loaf_async", "bake_async"}


def test_names_are_camel_case_on_the_wire() -> None:
    @proxy("shop")
    class Shop(Protocol):
        @get("/v1/orders")
        def orders(self, consumer_id: int, created_since_day: datetime | None = None) -> None: ...

    assert operations_of(Shop)[0].wire_names == {
        "consumer_id": "consumerId",
        "created_since_day": "createdSinceDay",
    }
