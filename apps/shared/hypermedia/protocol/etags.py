"""Entity tags and the conditions that name them (RFC 9110, 8.8.3 and 13).

A tag is `"state"`, or `"state-parts"` for an answer with expanded parts.  Updates look at the state only, so that a
client may use the tag of either.
"""

import hashlib

from django.http import HttpRequest
from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer

from apps.shared.hypermedia.protocol.problems import Problem

_DIGITS = 32  # hexadecimal digits: 128 bits, so collisions are practically impossible


def tag_of(state: object, *, parts: object = None) -> str:
    """Return the strong tag of a representation, quotes included."""
    return f'"{_digest(state)}-{_digest(parts)}"' if parts else f'"{_digest(state)}"'


def is_known(request: HttpRequest, tag: str) -> bool:
    """Whether the client already has this representation: `If-None-Match`, compared weakly."""
    given = parse_etags(request.headers.get("if-none-match", ""))
    return "*" in given or tag in [each.removeprefix("W/") for each in given]


def check_unchanged(request: HttpRequest, tag: str) -> None:
    """Refuse an update if the client does not know the current state: `If-Match`, compared strongly.

    Raises:
        Problem: 428, there is no condition; 412, the state has changed.
    """
    header = request.headers.get("if-match", "")
    if not header.strip():
        detail = "An update needs If-Match with the ETag of the state it is meant for; get it, or send *."
        raise Problem(428, "precondition_required", detail, field="If-Match")
    if header.strip() != "*" and _state(tag) not in [_state(each) for each in parse_etags(header)]:
        detail = f"The state has changed, its ETag is {tag} now; get it again, and decide anew."
        raise Problem(412, "precondition_failed", detail, field="If-Match")


def _state(tag: str) -> str:
    """Return a tag without its parts; a weak one stays different from every strong one."""
    return tag.strip('"').partition("-")[0]


def _digest(value: object) -> str:
    return hashlib.sha256(JSONRenderer().render(value)).hexdigest()[:_DIGITS]
