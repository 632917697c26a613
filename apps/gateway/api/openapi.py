"""The OpenAPI document of the gateway's own endpoints.  Forwarded requests are described in the owners' documents."""

from typing import Any

import msgspec

from apps.gateway.jsongraph.paths import MAX_CHARACTERS, MAX_KEYS, MAX_RANGE
from apps.gateway.parts import OrderDetails
from apps.gateway.proxies import OWNERS
from apps.shared.values import MAX_ID

Json = dict[str, Any]

_FORWARDED = ", ".join(f"`/v1/{path}…` to {owner}" for path, owner in OWNERS.items())
_ABOUT = (
    f"One address for all clients. Described here is what the gateway itself answers; the rest is forwarded ({_FORWARDED};"
    " `GET /v1/orders` to order_history; `/v2` likewise) and described by the owner's own document, `/orders/openapi.json` and so on."
)
_SAYS_NO = {
    400: "It cannot be read.",
    401: "Nobody knows who calls.",
    403: "The caller's roles do not allow it.",
    404: "There is no such order.",
    405: "It cannot be done with this method.",
    413: "The body is too large.",
    429: "Too many requests; see Retry-After.",
    502: "The owner's answer cannot be read.",
    503: "The owner is away; see Retry-After.",
    504: "The owner gave no answer in time.",
}
_EVERYWHERE = (401, 403, 413, 429, 502, 503, 504)


def document() -> Json:
    """Return the document."""
    return {
        "openapi": "3.1.1",
        "info": {"title": "gateway of Postroad's reference system", "version": "1.0.0", "description": _ABOUT},
        "paths": {
            "/v1/orders/{orderId}": {"get": _order()},
            "/graphql": {"get": _schema(), "post": _graphql()},
            "/model.json": {"get": _ask(), "post": _change()},
        },
        "components": {"schemas": _schemas()},
    }


def _schemas() -> Json:
    _, found = msgspec.json.schema_components([OrderDetails], ref_template="#/components/schemas/{name}")
    details = dict(found["OrderDetails"]["properties"])
    parts = {name: _reference(name[0].upper() + name[1:].removesuffix("Info")) for name in ("ticketInfo", "billInfo")}
    parts["deliveryInfo"] = _reference("DeliveryInfo")
    found["OrderDetails"]["properties"] = {**details, **parts}  # never null: a missing value is absent
    return {
        **found,
        "Problem": _PROBLEM,
        "GraphQLAnswer": _GRAPHQL_ANSWER,
        "JsonGraph": _JSON_GRAPH,
        "PathSets": _PATH_SETS,
    }


def _order() -> Json:
    schema = {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_ID}
    answers = _answers("OrderDetails", "The order.", 404)
    answers["404"]["content"] = {**answers["404"]["content"], "application/json": {"schema": _reference("Problem")}}
    return {
        "operationId": "getOrderDetails",
        "summary": "Show an order with its ticket, delivery and bill.",
        "parameters": [{"name": "orderId", "in": "path", "required": True, "schema": schema}],
        "responses": answers,
    }


def _schema() -> Json:
    query = {"name": "query", "in": "query", "schema": {"type": "string"}}
    answers = _answers("GraphQLAnswer", "The schema in GraphQL's own language, or the answer to `query`.", 400, 405)
    answers["200"]["content"]["text/plain"] = {"schema": {"type": "string"}}
    return {"operationId": "askGraphQLSchema", "summary": "Show the schema, or answer a query.", "parameters": [query], "responses": answers}  # fmt: skip


def _graphql() -> Json:
    body = {
        "type": "object",
        "properties": {
            "query": {"type": "string"},
            "variables": {"type": ["object", "null"]},
            "operationName": {"type": ["string", "null"]},
        },
        "required": ["query"],
    }
    return {
        "operationId": "askGraphQL",
        "summary": "Answer a query or mutation.",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _answers("GraphQLAnswer", "Data, or errors in its place.", 400, 405),
    }


def _ask() -> Json:
    method = {"name": "method", "in": "query", "schema": {"const": "get"}}
    sets = {"application/json": {"schema": _reference("PathSets")}}
    paths = {"name": "paths", "in": "query", "required": True, "content": sets}
    return {
        "operationId": "askModel",
        "summary": "Show what is at some paths of the JSON Graph.",
        "parameters": [method, paths],
        "responses": _answers("JsonGraph", "The graph; what is missing is an atom without value.", 400, 405),
    }


def _change() -> Json:
    texts = ("callPath", "arguments", "pathSuffixes", "paths", "jsonGraph")
    properties = {name: {"type": "string", "contentMediaType": "application/json"} for name in texts}
    form = {
        "type": "object",
        "properties": {"method": {"enum": ["get", "set", "call"]}, **properties},
        "required": ["method"],
    }
    return {
        "operationId": "changeModel",
        "summary": "Ask for, set or call something in the JSON Graph.",
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": _answers("JsonGraph", "The graph; what may not be done is an error in it.", 400),
    }


def _answers(schema: str, about: str, *statuses: int) -> Json:
    well = {"description": about, "content": {"application/json": {"schema": _reference(schema)}}}
    problem = {"application/problem+json": {"schema": _reference("Problem")}}
    said = {str(status): {"description": _SAYS_NO[status], "content": problem} for status in (*statuses, *_EVERYWHERE)}
    return {"200": well, **dict(sorted(said.items()))}


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Json = {"type": "string"}
_PROBLEM: Json = {
    "type": "object",
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "fields": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
    },
    "required": ["code", "detail", "fields"],
}
_GRAPHQL_ANSWER: Json = {
    "type": "object",
    "properties": {
        "data": {"type": ["object", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "message": _TEXT,
                    "path": {"type": "array"},
                    "extensions": {"type": "object", "properties": {"code": _TEXT}, "required": ["code"]},
                },
                "required": ["message", "extensions"],
            },
        },
    },
}
_JSON_GRAPH: Json = {
    "type": "object",
    "properties": {"jsonGraph": {"type": "object"}, "paths": {"type": "array", "items": {"type": "array"}}},
    "required": ["jsonGraph"],
}
_KEY: Json = {
    "anyOf": [
        {"type": "string", "maxLength": MAX_CHARACTERS, "pattern": "^([^$]|$)"},
        {"type": "integer"},  # of any size: an unknown id is an atom without value, not an error
    ]
}
_RANGE: Json = {
    "type": "object",
    "properties": {"to": {"type": "integer", "minimum": 0, "maximum": MAX_RANGE - 1}},
    "required": ["to"],
    "additionalProperties": False,
}
_PATH_SETS: Json = {
    "type": "array",
    "items": {"type": "array", "items": {"anyOf": [_KEY, _RANGE]}, "minItems": 1, "maxItems": MAX_KEYS},
}
