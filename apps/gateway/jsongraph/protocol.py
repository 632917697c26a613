"""Handles the parameters of a request to `/model.json` and builds the answer.  See also: `routes`, which has the roots.

    get   paths                                        → {"jsonGraph"}
    set   jsonGraph = {"jsonGraph", "paths"}           → {"jsonGraph", "paths"}
    call  callPath, arguments, pathSuffixes, paths     → {"jsonGraph", "paths"}

Every parameter is JSON.  Invalid parameters are answered 400; a missing value is an atom without value; an attempt to set or
call something that is not allowed is an error in the graph, and changes nothing.
Source: `HttpDataSource` of falcor-http-datasource, the client's side of the same protocol.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from apps.gateway.jsongraph.graph import value_at
from apps.gateway.jsongraph.paths import MAX_KEYS, MAX_PATHS, InvalidPathSet, Path, expand, read_path
from apps.gateway.jsongraph.routes import Model
from apps.gateway.problems import Refused

Parameters = Mapping[str, str]

_MAX_PARAMETERS = 20


def read_form(body: bytes) -> Parameters:
    """Return the parameters of a form.

    Raises:
        Refused: 400; the body is not a valid form.
    """
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="strict"))
    except ValueError as error:
        raise Refused(400, "invalid", "The body is no form of up to 20 fields in UTF-8.") from error


async def answer(model: Model, parameters: Parameters, *, may_change: bool) -> dict[str, Any]:
    """Return the body that answers a request.

    Raises:
        Refused: 400, the parameters are invalid; 405, only a POST may change something.
    """
    method = parameters.get("method", "get")
    if method in ("set", "call") and not may_change:
        raise Refused(405, "method_not_allowed", f"Send method={method} by POST.", headers={"Allow": "POST"})
    if method not in _METHODS:
        raise Refused(400, "invalid", f"method is one of: {', '.join(_METHODS)}.")
    try:
        return await _METHODS[method](model, parameters)
    except InvalidPathSet as error:
        raise Refused(400, "invalid", str(error)) from error


async def _get(model: Model, parameters: Parameters) -> dict[str, Any]:
    return {"jsonGraph": await model.get(expand(_json(parameters, "paths")))}


async def _set(model: Model, parameters: Parameters) -> dict[str, Any]:
    envelope = _json(parameters, "jsonGraph")
    if not isinstance(envelope, dict):
        raise InvalidPathSet('jsonGraph is an object {"jsonGraph", "paths"}.')
    paths = expand(envelope.get("paths"))
    values = [(path, value_at(envelope.get("jsonGraph"), path)) for path in paths]
    return {"jsonGraph": await model.change(values), "paths": paths}


async def _call(model: Model, parameters: Parameters) -> dict[str, Any]:
    path = read_path(_json(parameters, "callPath"))
    arguments = _json(parameters, "arguments", otherwise=[])
    if not isinstance(arguments, list):
        raise InvalidPathSet("arguments is an array.")
    shown: list[Path] = expand(_json(parameters, "pathSuffixes", otherwise=[]))
    wanted = expand(_json(parameters, "paths", otherwise=[]))
    if len(shown) + len(wanted) > MAX_PATHS or any(len(suffix) > MAX_KEYS for suffix in shown):
        raise InvalidPathSet(f"pathSuffixes and paths stand for more than {MAX_PATHS} paths.")
    graph, paths = await model.call(path, arguments, [*shown, *wanted])
    return {"jsonGraph": graph, "paths": paths}


_METHODS = {"get": _get, "set": _set, "call": _call}


def _json(parameters: Parameters, name: str, *, otherwise: object = None) -> Any:
    text = parameters.get(name)
    if text is None or (text == "" and otherwise is not None):
        if otherwise is None:
            raise InvalidPathSet(f"{name} is missing.")
        return otherwise
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise InvalidPathSet(f"{name} is no JSON: {type(error).__name__}.") from error
