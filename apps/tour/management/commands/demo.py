"""`manage.py demo`: places a demo order at running services; needs no database."""

import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from apps.tour.addresses import behind_one
from apps.tour.client import DemoFailed
from apps.tour.demo import REFUSALS
from apps.tour.guide import tell_many, tell_one
from apps.tour.story import Story
from postroad.secrecy import hide_password, split_url


class Command(BaseCommand):
    """Exit code 0 if the order ends as expected."""

    help = "Place a demo order at running services and show its saga history."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--refuse", choices=["", *REFUSALS], default=os.environ.get("REFUSE", ""))
        parser.add_argument(
            "--count", type=int, default=1, help="orders to place; if more than one, only the results are counted"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        story = Story(sys.stdout)
        services = behind_one(_gateway())
        try:
            if options["count"] > 1:
                is_well = tell_many(services, story, count=options["count"])
            else:
                is_well = tell_one(services, story, refuse=options["refuse"])
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        except HTTPError as error:
            said = error.read(300).decode(errors="replace")
            raise CommandError(f"{hide_password(error.url)} answered {error.code}: {said}") from error
        if not is_well:
            raise CommandError("The order did not end as expected; look at /admin/ or 'manage.py sagas list'.")


def _gateway() -> str:
    url = os.environ.get("GATEWAY_URL", f"http://localhost:{os.environ.get('PORT', '8000')}")
    with suppress(ValueError):
        parts = split_url(url)
        if parts.scheme in ("http", "https") and parts.port != 0 and "@" not in parts.netloc:
            return url
    raise CommandError(
        f"{hide_password(url)!r} is no address; set GATEWAY_URL to one like http://localhost:8000, or PORT to its port."
    )
