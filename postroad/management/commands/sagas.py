"""`manage.py sagas list|show`: show the state of sagas."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.utils.timesince import timesince
from typing_extensions import override

from postroad.logs import printable
from postroad.management.database_command import DatabaseCommand
from postroad.messaging.texts import indexed
from postroad.sagas.execution import Status
from postroad.sagas.history import SagaHistory, history_of
from postroad.sagas.models import SagaInstance

_ENDED = (Status.COMPLETED, Status.COMPENSATED)


class Command(DatabaseCommand):
    """Reads only."""

    help = "List sagas that have not ended, or show one with its steps."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listing = actions.add_parser("list", help="sagas that have not ended, oldest first")
        listing.add_argument("--all", action="store_true", help="ended ones too")
        actions.add_parser("show", help="one saga with its steps").add_argument(
            "id", help="the id of the saga, or its key, such as the id of an order"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["action"] == "list":
            self._list(is_all=options["all"])
        else:
            self._show(history_of(_find(options["id"])))

    def _list(self, *, is_all: bool) -> None:
        sagas = SagaInstance.objects.order_by("created_at")
        sagas = sagas if is_all else sagas.exclude(status__in=_ENDED)
        if not sagas.exists():
            self.stdout.write("No saga is under way.")
        for saga in sagas.iterator():
            self.stdout.write(
                printable(
                    f"{saga.pk}  {saga.type} {saga.key:<10}  {saga.status:<12}  {saga.step:<16}"
                    f"  {timesince(saga.created_at, depth=1)} old  {saga.reason}"
                )
            )

    def _show(self, history: SagaHistory) -> None:
        about = f"{history.saga_type} version {history.version}, {history.key}: {history.status} {history.reason}"
        self.stdout.write(printable(about))
        if history.has_earlier:
            self.stdout.write(f"   the newest {len(history.steps)} attempts; earlier ones are not shown")
        for step in history.steps:
            took = "waits" if step.milliseconds is None else f"{step.milliseconds} ms"
            answer = f"{step.outcome or '…':<8} {step.reply:<28} {took} {step.detail}"
            mark = "↶" if step.is_undo else " "
            self.stdout.write(printable(f" {mark} {step.name:<16} {step.message_type:<36} {answer}"))


def _find(text: str) -> SagaInstance:
    try:
        saga = SagaInstance.objects.filter(pk=UUID(text)).first()
    except ValueError:
        saga = SagaInstance.objects.filter(key=indexed(text)).order_by("-created_at").first()
    if saga is None:
        raise CommandError(f"There is no saga {text!r}; 'sagas list --all' shows all sagas.")
    return saga
