"""Marks deprecated API versions in answers (RFC 9745, RFC 8594) and in OpenAPI.

The setting `DEPRECATED_API_VERSIONS` has a `Deprecation` by version number; without it none is deprecated.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import http_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """When a version became deprecated, and when it will be removed; both times have a time zone."""

    since: datetime
    sunset: datetime


def announce_end(response: HttpResponse, version: int, *, successor: str) -> None:
    """Add the headers of a deprecated version; `successor` is the same URL in the newest version; empty: none."""
    ending = _deprecated().get(version)
    if ending:
        response["Deprecation"] = f"@{int(ending.since.timestamp())}"
        response["Sunset"] = http_date(ending.sunset.timestamp())
        if successor:
            response["Link"] = f'<{successor}>; rel="successor-version"'


def mark_deprecated(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Mark the operations of deprecated versions in an OpenAPI document: a hook of drf-spectacular."""
    for path, operations in result.get("paths", {}).items():
        found = re.search(r"/v(\d+)/", path)
        ending = _deprecated().get(int(found[1])) if found else None
        if ending:
            for operation in operations.values():
                operation.update({"deprecated": True, "x-sunset": ending.sunset.isoformat()})
    return result


def _deprecated() -> Mapping[int, Deprecation]:
    found: Mapping[int, Deprecation] = getattr(settings, "DEPRECATED_API_VERSIONS", {})
    return found
