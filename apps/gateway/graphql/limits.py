"""Limits of a GraphQL document: depth, cost and aliases, computed before any other validation.

A field costs 1; the fields of a list are multiplied by the maximum length of the list.  Every definition is walked once,
without recursion, and the size of a fragment is added wherever it is spread, so the work is proportional to the length of
the document, not to its expanded size.  See also: `documents`, which limits tokens and characters before parsing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

MAX_DEPTH = 8
"""Our deepest sensible question, consumer → orders → restaurant → menuItems → name, has five."""

MAX_COST = 2000
"""Twenty orders with everything about them cost about a thousand."""

MAX_ALIASES = 30

INTROSPECTION_COST = 1000
"""Of `__schema` or `__type`, and of each alias below: they are answered at once, in some 20 ms of the event loop."""

LISTS = frozenset({"orders", "restaurants"})
"""Fields whose length `first` says."""

FIRST = 20
"""Elements of a list when `first` is not given."""

MAX_FIRST = 100
"""Largest `first`."""

_ENOUGH = 1_000_000
"""Sizes are counted up to here: beyond any limit, and small enough to be added quickly."""


@dataclass(frozen=True, slots=True)
class Size:
    """The depth, cost and number of aliases of a selection."""

    depth: int = 0
    cost: int = 0
    aliases: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """The position of a selection: its depth, its multiplier, and whether it belongs to an introspection."""

    depth: int = 0
    factor: int = 1
    is_introspection: bool = False


@dataclass(slots=True)
class _Definition:
    """An operation or a fragment: its own size, and the fragments that it spreads, with their positions."""

    own: Size = field(default_factory=Size)
    spreads: list[tuple[str, _Place]] = field(default_factory=list)


def find_excess(document: DocumentNode) -> list[GraphQLError]:
    """Return one error for each limit that a document exceeds; an empty list if it is within all limits."""
    fragments: dict[str, _Definition] = {}
    operations: list[_Definition] = []
    for node in document.definitions:
        if isinstance(node, FragmentDefinitionNode):
            fragments[node.name.value] = _walk(node.selection_set)
        elif isinstance(node, OperationDefinitionNode):
            operations.append(_walk(node.selection_set))
    try:
        sizes = _sizes(fragments)
    except CycleError:
        return [GraphQLError("A fragment contains itself.", extensions={"code": "invalid"})]
    found = [_whole(operation, sizes) for operation in operations]
    depth, cost = max((size.depth for size in found), default=0), max((size.cost for size in found), default=0)
    aliases = sum(size.aliases for size in found)
    return [
        *_exceeded("too_deep", f"The query is {depth} deep", depth, MAX_DEPTH),
        *_exceeded("too_expensive", f"The query costs {cost}", cost, MAX_COST),
        *_exceeded("too_many_aliases", f"The query has {aliases} aliases", aliases, MAX_ALIASES),
    ]


def _walk(selections: SelectionSetNode) -> _Definition:
    """Return the size of a definition without the fragments that it spreads."""
    found, depth, cost, aliases = _Definition(), 0, 0, 0
    waiting = [(node, _Place()) for node in selections.selections]
    while waiting:
        node, place = waiting.pop()
        below = place
        match node:
            case FragmentSpreadNode():
                found.spreads.append((node.name.value, place))
            case FieldNode():
                below = _below(node, place)
                depth = max(depth, below.depth)
                cost = min(_ENOUGH, cost + _cost(node, place))
                aliases += node.alias is not None
            case _:
                pass
        waiting += [(child, below) for child in _children(node)]
    found.own = Size(depth, cost, aliases)
    return found


def _children(node: SelectionNode) -> Iterator[SelectionNode]:
    if isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
        yield from node.selection_set.selections


def _below(node: FieldNode, place: _Place) -> _Place:
    if place.is_introspection or node.name.value.startswith("__"):
        return _Place(place.depth, place.factor, is_introspection=True)  # graphql-core has a rule for its depth
    factor = min(_ENOUGH, place.factor * (_first(node) if node.name.value in LISTS else 1))
    return _Place(place.depth + 1, factor)


def _cost(node: FieldNode, place: _Place) -> int:
    if place.is_introspection:
        return INTROSPECTION_COST if node.alias else 0
    if node.name.value.startswith("__"):
        return INTROSPECTION_COST if node.selection_set else 0  # `__typename` has none
    return place.factor


def _sizes(fragments: dict[str, _Definition]) -> dict[str, Size]:
    """Return the whole size of each fragment.

    Raises:
        CycleError: A fragment contains itself.
    """
    graph = {name: {other for other, _ in each.spreads if other in fragments} for name, each in fragments.items()}
    sizes: dict[str, Size] = {}
    for name in TopologicalSorter(graph).static_order():  # in topological order: a fragment before those that spread it
        sizes[name] = _whole(fragments[name], sizes)
    return sizes


def _whole(definition: _Definition, sizes: dict[str, Size]) -> Size:
    depth, cost, aliases = definition.own.depth, definition.own.cost, definition.own.aliases
    for name, place in definition.spreads:
        size = sizes.get(name, Size())  # an unknown fragment is refused by another rule
        aliases = min(_ENOUGH, aliases + size.aliases)
        if place.is_introspection:
            cost = min(_ENOUGH, cost + size.aliases * INTROSPECTION_COST)
        else:
            depth = max(depth, place.depth + size.depth)
            cost = min(_ENOUGH, cost + size.cost * place.factor)
    return Size(depth, cost, aliases)


def _first(node: FieldNode) -> int:
    """Return the maximum length of a list; a variable may have any value up to the limit."""
    for argument in node.arguments or ():
        if argument.name.value == "first":
            value = argument.value
            if isinstance(value, IntValueNode) and len(value.value) <= len(str(MAX_FIRST)):
                return min(int(value.value), MAX_FIRST)
            return MAX_FIRST
    return FIRST


def _exceeded(code: str, text: str, found: int, maximum: int) -> Iterator[GraphQLError]:
    if found > maximum:
        shown = f"{text}{' or more' if found >= _ENOUGH else ''}; the limit is {maximum}. Ask for less at a time."
        yield GraphQLError(shown, extensions={"code": code})
