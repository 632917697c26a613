"""Documents as XML.

A field is an element, a field `@name` an attribute, a list a row of elements of one name. Keys of `metadata` may be any
text and are escaped as XStream does it, which Eureka uses: `_` is `__`, `$` is `_-`, and what may not stand in a name
is `_.` with four hexadecimal digits.
Entities and document types are refused: they are not needed, and both allow denial-of-service attacks.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml.ElementTree import fromstring

from postroad.calls.discovery.eureka.fields import Document
from postroad.errors import InvalidInstance

CONTENT_TYPE = "application/xml"

_MAX_DEPTH = 8  # applications, application, instance, dataCenterInfo, metadata, key: six
_TABLE = "metadata"
_UNSAFE = re.compile(r"^[^A-Za-z_$]|[^A-Za-z0-9.-]")
_ESCAPED = re.compile(r"__|_-|_\.([0-9a-fA-F]{4})")


def encode(document: Document) -> bytes:
    """Return the bytes of a document with one root."""
    ((name, value),) = document.items()
    root = Element(name)
    _fill(root, value)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def decode(body: bytes) -> Document:
    """Return the document.  Raises InvalidInstance: it is not XML, or more than plain XML."""
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidInstance(f"the body is not plain XML: {type(error).__name__}: {error}.") from None
    return {root.tag: _read(root, _MAX_DEPTH)}


def escape_name(key: str) -> str:
    """Return a key as the name of an element."""
    return _UNSAFE.sub(lambda found: _escape(found[0]), key)


def unescape_name(name: str) -> str:
    """Return the key that a name stands for."""
    units = _ESCAPED.sub(_unescape, name)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _escape(character: str) -> str:
    match character:
        case "_":
            return "__"
        case "$":
            return "_-"
        case _:
            units = character.encode("utf-16-be", "surrogatepass")
            return "".join(f"_.{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _unescape(found: re.Match[str]) -> str:
    return {"__": "_", "_-": "$"}.get(found[0]) or chr(int(found[1], 16))


def _fill(element: Element, value: object) -> None:
    if not isinstance(value, Mapping):
        element.text = str(value)
        return
    for key, child in value.items():
        if key.startswith("@") and (element.tag != _TABLE or key == "@class"):
            element.set(key[1:], str(child))
        elif element.tag == _TABLE:
            SubElement(element, escape_name(key)).text = str(child)
        elif key == "$":
            element.text = str(child)
        else:
            for one in child if isinstance(child, list) else [child]:
                _fill(SubElement(element, key), one)


def _read(element: Element, depth: int) -> Any:
    if depth == 0:
        raise InvalidInstance(f"the body is nested deeper than {_MAX_DEPTH} elements.")
    if element.tag == _TABLE:
        return {unescape_name(child.tag): child.text or "" for child in element}
    values: dict[str, Any] = {f"@{name}": text for name, text in element.attrib.items()}
    if len(element) == 0:
        return {**values, "$": element.text or ""} if values else element.text or ""
    for child in element:
        value = _read(child, depth - 1)
        if child.tag not in values:
            values[child.tag] = value
        elif isinstance(values[child.tag], list):
            values[child.tag].append(value)
        else:
            values[child.tag] = [values[child.tag], value]
    return values
