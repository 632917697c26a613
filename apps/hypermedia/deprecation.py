"""Versions that are going away say so in their answers: RFC 9745 and RFC 8594.  Not: taking them away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.utils.http import http_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """When a version became deprecated, and when it will answer no more; moments are aware of their time zone."""

    since: datetime
    sunset: datetime


def announce_end(response: HttpResponse, version: int, *, successor: str) -> None:
    """Add the headers of a deprecated version; `successor` is the same address in the newest, empty: none.

    The setting `DEPRECATED_API_VERSIONS` has a `Deprecation` by version number; without it none is deprecated.
    """
    deprecated: Mapping[int, Deprecation] = getattr(settings, "DEPRECATED_API_VERSIONS", {})
    if version in deprecated:
        response["Deprecation"] = f"@{int(deprecated[version].since.timestamp())}"
        response["Sunset"] = http_date(deprecated[version].sunset.timestamp())
        if successor:
            response["Link"] = f'<{successor}>; rel="successor-version"'
