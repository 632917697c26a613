"""How much one GraphQL document may ask for: depth and cost, found before anything is called.

A field costs 1; what is below a list counts as often as the list is long at most.  Each fragment is measured once, so
that a short document cannot make this itself expensive.  Not: tokens and aliases, which Strawberry bounds.
"""

from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
)
from graphql.validation import ValidationContext

MOST_DEPTH = 8
"""Our deepest sensible question, consumer → orders → restaurant → menuItems → name, has five."""

MOST_COST = 2000
"""Twenty orders with everything about them cost about a thousand."""

MOST_TOKENS = 2000
MOST_ALIASES = 30

LISTS = frozenset({"orders", "restaurants"})
"""Fields whose length `first` says."""

FIRST = 20
"""Elements of a list when `first` is not given."""

MOST_FIRST = 100
"""Largest `first`."""


@dataclass(frozen=True, slots=True)
class Size:
    """How deep and how expensive a selection is."""

    depth: int = 0
    cost: int = 0

    def beside(self, other: "Size") -> "Size":
        """Return the size of both together."""
        return Size(max(self.depth, other.depth), self.cost + other.cost)


class LimitsRule(ValidationRule):
    """Refuses a document whose operations are too deep or too expensive."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._measured: dict[str, Size] = {}

    def enter_document(self, node: DocumentNode, *_: object) -> None:
        """Measure every operation."""
        for definition in node.definitions:
            if isinstance(definition, OperationDefinitionNode):
                size = self._selections(definition.selection_set)
                if size.depth > MOST_DEPTH:
                    self.report_error(_error("too_deep", f"The query is {size.depth} deep", MOST_DEPTH))
                if size.cost > MOST_COST:
                    self.report_error(_error("too_expensive", f"The query costs {size.cost}", MOST_COST))

    def _selections(self, node: SelectionSetNode | None) -> Size:
        size = Size()
        for selection in node.selections if node else ():
            match selection:
                case FieldNode():
                    size = size.beside(self._field(selection))
                case InlineFragmentNode():
                    size = size.beside(self._selections(selection.selection_set))
                case FragmentSpreadNode():
                    size = size.beside(self._fragment(selection.name.value))
                case _:
                    pass
        return size

    def _field(self, node: FieldNode) -> Size:
        name = node.name.value
        if name.startswith("__"):
            return Size()  # introspection is bounded by graphql-core's own rule
        below = self._selections(node.selection_set)
        return Size(below.depth + 1, 1 + below.cost * (_first(node) if name in LISTS else 1))

    def _fragment(self, name: str) -> Size:
        if name not in self._measured:
            self._measured[name] = Size()  # one that contains itself is refused by another rule
            fragment: FragmentDefinitionNode | None = self.context.get_fragment(name)
            if fragment is not None:
                self._measured[name] = self._selections(fragment.selection_set)
        return self._measured[name]


def _first(node: FieldNode) -> int:
    """Return how long a list gets at most; a variable may be anything up to the limit."""
    for argument in node.arguments or ():
        if argument.name.value == "first":
            value = argument.value
            return min(int(value.value), MOST_FIRST) if isinstance(value, IntValueNode) else MOST_FIRST
    return FIRST


def _error(code: str, found: str, most: int) -> GraphQLError:
    return GraphQLError(f"{found}; the limit is {most}. Ask for less at a time.", extensions={"code": code})
