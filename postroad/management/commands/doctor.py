"""`manage.py doctor`: health checks of this installation.  Exit code 1 if something does not work."""

import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.calls.discovery.conf import DiscoverySettings
from postroad.calls.discovery.selection import resolver_for
from postroad.composition import installed
from postroad.conf import CoreSettings
from postroad.errors import MissingExtra
from postroad.messaging.conf import MessagingSettings
from postroad.operations.conf import OperationsSettings
from postroad.operations.doctor.checks import checks
from postroad.operations.doctor.examination import examine
from postroad.operations.doctor.findings import Finding, Level
from postroad.operations.doctor.report import document, line, worst

_PAUSE_SECONDS = 1.0


class Command(BaseCommand):
    """Runs the checks and prints their findings; changes nothing."""

    help = "Check database, migrations, broker, queues, relay, consumers, the other services and clocks."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object in place of lines")
        parser.add_argument(
            "--sibling", action="append", default=[], metavar="SERVICE", help="another service to ask (repeatable)"
        )

        parser.add_argument(
            "--wait",
            type=float,
            default=0.0,
            metavar="SECONDS",
            help="look again and again for so long while anything is a failure, as after an installation",
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        until = time.monotonic() + options["wait"]
        found = _findings(options["sibling"])
        while worst(found) is Level.FAILURE and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
            found = _findings(options["sibling"])
        if options["json"]:
            self.stdout.write(document(CoreSettings.current().service, found))
        else:
            self._tell(found)
        failures = sum(finding.level is Level.FAILURE for finding in found)
        if failures:
            raise CommandError(f"{failures} of {len(found)} findings are failures.")

    def _tell(self, found: Sequence[Finding]) -> None:
        paints = {Level.OK: self.style.SUCCESS, Level.WARNING: self.style.WARNING, Level.FAILURE: self.style.ERROR}
        for finding in found:
            self.stdout.write(line(finding, paints))
        match worst(found):
            case Level.OK if not found:
                self.stdout.write("Nothing to check: this process has no database and no queues, and calls no service.")
            case Level.OK:
                self.stdout.write("Nothing is wrong.")
            case Level.WARNING:
                self.stdout.write("It works; see the warnings.")
            case Level.FAILURE:
                pass  # said by the command's end


def _findings(others: Sequence[str]) -> list[Finding]:
    named = OperationsSettings.current().siblings
    discovery = DiscoverySettings.current()
    try:
        resolver = resolver_for(discovery)
    except MissingExtra as error:
        raise CommandError(f"DISCOVERY is {discovery.discovery!r}, and {error}") from error
    with ExitStack() as stack:
        close = getattr(resolver, "close", None)  # the registry's has a thread
        if close is not None:
            stack.callback(close)
        return examine(checks(MessagingSettings.current(), installed(), resolver, others=[*named, *others]))
