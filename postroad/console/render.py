"""Values as HTML or text for admin pages: ages, bodies, long text."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

from postroad import clock
from postroad.messaging.texts import storable

MAX_SHOWN = 20_000
"""Characters of a body or traceback on a page; browsers are slow with more, and people do not read it there."""


def age(moment: datetime) -> str:
    """Return how long ago a moment was, to one unit."""
    seconds = round((clock.now() - moment).total_seconds())
    return f"{max(0, seconds)} s" if seconds < 60 else timesince(moment, clock.now(), depth=1)


def list_link(model: str, text: object, **filters: object) -> SafeString:
    """Return a link to a model's list (`orders_order`), filtered by exact values."""
    asked = urlencode({f"{column}__exact": value for column, value in filters.items()})
    url = f"{reverse(f'admin:{model}_changelist')}?{asked}"
    return format_html('<a class="postroad-link" href="{}">{}</a>', url, text)


def long_text(text: str, *, whole: int | None = None) -> SafeString:
    """Return text as a scrollable block, cut at `MAX_SHOWN`; `whole` is its length in bytes when it is known."""
    if not text:
        return SafeString("-")
    text, rest = storable(text), ""  # half of a surrogate pair, which JSON can escape, cannot be encoded in a page
    if len(text) > MAX_SHOWN:
        rest = f"\n… cut after {MAX_SHOWN} of {whole or len(text)} {'bytes' if whole else 'characters'}"
    return format_html('<pre class="postroad-pre" tabindex="0">{}{}</pre>', text[:MAX_SHOWN], rest)


def body(content: bytes, *, content_type: str, size: int | None = None) -> SafeString:
    """Return a message's body, indented when it is JSON; `size` is that of the whole if this is its beginning."""
    return long_text(_readable(content, content_type), whole=size or len(content))


def named_values(values: Mapping[str, object]) -> SafeString:
    """Return headers, one per line."""
    return long_text("\n".join(f"{name}: {value}" for name, value in sorted(values.items())))


def value(data: object) -> SafeString:
    """Return a JSON value, indented."""
    return long_text(json.dumps(data, indent=2, ensure_ascii=False))


def _readable(content: bytes, content_type: str) -> str:
    if len(content) > MAX_SHOWN or "json" not in content_type:
        return content[: MAX_SHOWN + 1].decode(errors="replace")
    try:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return content.decode(errors="replace")
