"""The declaration of a resource: body, links, actions, parts.

See also: `views`, which handles the HTTP of version 2, and `version1`, which makes views of version 1.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.urls import reverse

from apps.shared.fields import CamelSerializer
from apps.shared.hypermedia.expand import Expansion
from apps.shared.hypermedia.protocol.etags import tag_of
from apps.shared.hypermedia.protocol.paging import Page, PageQuerySerializer

T = TypeVar("T")
Values = dict[str, Any]
"""The values of a body or a query by snake_case name."""

Links = dict[str, dict[str, str]]
"""URL and method by relation."""


@dataclass(frozen=True, slots=True)
class Action(Generic[T]):
    """An action on a resource, at a URL below the resource's own.

    Attributes:
        name: Its relation in `_links`, and the last part of its address unless `address` is another.
        run: The use case, called with the object's id and the body's values by name; returns the changed object.
        operation: Its name in generated clients.
        summary: One sentence for the API's document.
        verb: Its verb in the resource's transitions; None: it is always allowed.
        body: The request body; None: none, and a body that is sent is not read.
        status: Status of the answer in version 2: 202 if a saga completes it.
    """

    name: str
    run: Callable[..., T]
    _: KW_ONLY
    operation: str
    summary: str
    verb: str | None = None
    body: type[CamelSerializer] | None = None
    status: int = 200
    method: str = "POST"
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation(Generic[T]):
    """How a new object is created.

    Attributes:
        run: The use case, called with the body's values by name; returns the new object.
        status: 202 if a saga completes it.
    """

    summary: str
    body: type[CamelSerializer]
    run: Callable[..., T]
    status: int = 201


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listing(Generic[T]):
    """A list of objects in the field `name`; `body` shows an item, perhaps with fewer fields than the resource."""

    summary: str
    name: str
    body: type[CamelSerializer]
    find: Callable[[Values], Page[T]]
    query: type[CamelSerializer] = PageQuerySerializer


def _cannot_lock(key: int) -> Any:
    raise TypeError(f"thing {key} was to be locked, but its Resource has no lock=; declare it beside its actions.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Resource(Generic[T]):
    """A kind of object with a URL.

    Attributes:
        name: In the singular; in media types and operation ids.
        path: Its route below the version, such as `orders/<id:order_id>`; the route of the list has no last part.
        find: Returns the object with an id, or raises `not_found`.
        lock: The same under a row lock; needed for actions.
        transitions: The domain's table; an action is offered if the object's `state` and the action's verb are in it.
        allows: Replaces the table if more than the state decides.
        related: URLs of other objects of this service, by relation.
        parts: What can be expanded.
    """

    service: str
    name: str
    path: str
    summary: str
    body: type[CamelSerializer]
    find: Callable[[int], T]
    lock: Callable[[int], T] = _cannot_lock
    key: Callable[[T], int] = attrgetter("pk")
    transitions: Mapping[tuple[Any, Any], object] = field(default_factory=dict)
    allows: Callable[[T, str], bool] | None = None
    actions: Sequence[Action[T]] = ()
    related: Mapping[str, Callable[[T], str]] = field(default_factory=dict)
    parts: Mapping[str, Expansion[T]] = field(default_factory=dict)
    creation: Creation[T] | None = None
    listing: Listing[T] | None = None

    @property
    def variable(self) -> str:
        """The name of the id in the path."""
        return self.path.rpartition(":")[2].rstrip(">")

    def route_name(self, suffix: str = "") -> str:
        """Return the name of a route: of the object, an action or the list."""
        return "-".join(filter(None, (self.service, "v2", self.name, suffix)))

    @property
    def list_address(self) -> str:
        """The address of the list."""
        return reverse(self.route_name("list"))

    def address(self, key: int, action: str = "") -> str:
        """Return the URL of an object or of one of its actions."""
        return reverse(self.route_name(action), args=[key])

    def action(self, name: str) -> Action[T]:
        """Return the action of a name.

        Raises:
            ValueError: There is none.
        """
        found = {action.name: action for action in self.actions}
        if name not in found:
            known = ", ".join(found) or "none"
            raise ValueError(f"{self.service} declares no action {name!r} of {self.name}; declared: {known}.")
        return found[name]

    def links(self, thing: T) -> Links:
        """Return the links to the object, to related objects, and to exactly the actions that its state allows."""
        key = self.key(thing)
        links = {"self": {"href": self.address(key), "method": "GET"}}
        links |= {name: {"href": address(thing), "method": "GET"} for name, address in self.related.items()}
        return links | {
            action.name: {"href": self.address(key, action.name), "method": action.method}
            for action in self.actions
            if action.verb is None or self._allows(thing, action.verb)
        }

    def _allows(self, thing: T, verb: str) -> bool:
        if self.allows is not None:
            return self.allows(thing, verb)
        return (attrgetter("state")(thing), verb) in self.transitions

    def show(self, thing: T, parts: Sequence[str] = ()) -> tuple[dict[str, object], str]:
        """Return the representation of an object with the named parts in `_embedded`, and its entity tag."""
        shown: dict[str, object] = {**self.body(thing).data, "_links": self.links(thing)}
        embedded = {name: self.parts[name].show(thing) for name in parts}
        tag = tag_of(shown, parts=embedded)
        return (shown | {"_embedded": embedded} if embedded else shown), tag

    def show_item(self, thing: T, body: type[CamelSerializer]) -> dict[str, object]:
        """Return the representation of an item of a list."""
        return {**body(thing).data, "_links": self.links(thing)}


def title(name: str) -> str:
    """Return a name in CamelCase, as classes and the OpenAPI document have it."""
    return "".join(word.capitalize() for word in name.replace("_", "-").split("-"))
