"""Parses and validates the text of a GraphQL document, within limits.  See also: `execution`, which executes it.

Everything is limited: characters and tokens before parsing; depth, cost and aliases before graphql-core's own rules,
some of which compare every field with every other.  Work that may still take some milliseconds is done in a thread, so
that other requests are answered in the meantime.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from strawberry.extensions import SchemaExtension
from typing_extensions import override

from apps.gateway.graphql.limits import find_excess
from apps.gateway.problems import Refused

MAX_CHARACTERS = 20_000
"""Our longest useful query has 2 000; the query that tools send for the schema has 1 500."""

MAX_TOKENS = 1000
"""The slowest document of this size is checked in 60 ms."""

MAX_VALUES = 1000
"""Maximum number of values in the variables, nested ones included; reading one takes 20 µs of the event loop."""

_QUICK_CHARACTERS = 500
"""A document up to this size is checked in the event loop, in 1 to 5 ms; a thread costs 0.2 ms."""


class Checking(SchemaExtension):
    """Parses and validates in place of Strawberry, which would do both in the event loop and without limits."""

    @override
    async def on_parse(self) -> AsyncIterator[None]:
        context = self.execution_context
        text, schema = context.query or "", context.schema._schema  # noqa: SLF001 - as Strawberry's own extensions do
        if len(text) > _QUICK_CHARACTERS:
            read = await asyncio.to_thread(read_document, text, schema)
        else:
            read = read_document(text, schema)
        context.graphql_document, context.pre_execution_errors = read
        yield


def read_document(text: str, schema: GraphQLSchema) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return a document and its errors; it may be executed if there are none.

    Raises:
        GraphQLError: The text is not a GraphQL document, or too long.
    """
    if len(text) > MAX_CHARACTERS:
        raise GraphQLError(f"The document is longer than {MAX_CHARACTERS} characters; ask for less at a time.")
    document = parse(text, max_tokens=MAX_TOKENS)
    return document, find_excess(document) or validate(schema, document)


def check_variables(variables: Mapping[str, Any]) -> None:
    """Refuse requests with more variables than any query needs.

    Raises:
        Refused: 400.
    """
    waiting: list[Any] = [variables]
    count = 0
    while waiting:
        inner = waiting.pop()
        children = list(inner.values()) if isinstance(inner, dict) else inner
        count += len(children)
        if count > MAX_VALUES:
            raise Refused(400, "invalid", f"variables holds more than {MAX_VALUES} values; send less at a time.")
        waiting += [child for child in children if isinstance(child, dict | list)]
