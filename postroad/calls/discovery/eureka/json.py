"""Documents as JSON."""

import json
from typing import Any

from postroad.calls.discovery.eureka.fields import Document
from postroad.errors import InvalidInstance

CONTENT_TYPE = "application/json"


def encode(document: Document) -> bytes:
    """Return a document's bytes."""
    return json.dumps(document, separators=(",", ":")).encode()


def decode(body: bytes) -> Any:
    """Return the document in the bytes.  Raises InvalidInstance if they are not JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInstance(f"the body is not JSON: {type(error).__name__}: {error}.") from None
