"""`manage.py cluster status|scale|move-partition`: operate the release on Kubernetes."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from postroad.errors import PostroadError
from postroad.operations.cluster import partitions
from postroad.operations.cluster.connecting import Place, connect
from postroad.operations.cluster.port import Cluster
from postroad.operations.cluster.scaling import scale
from postroad.operations.cluster.status import Row, Status, look

_HEADINGS = ("SERVICE", "ROLE", "READY", "VERSION", "RESTARTS", "AGE", "LAG", "TROUBLE")


class Command(BaseCommand):
    """Asks the Kubernetes API, as the ServiceAccount of the pod or as the user of a kubeconfig."""

    help = "Show, scale or rearrange the pods of this release."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--context", default="", help="of the kubeconfig; default: its current one, or the pod's")
        parser.add_argument("--namespace", default="", help="default: the context's, or the pod's")
        parser.add_argument("--release", default="", help="default: POSTROAD_CLUSTER_RELEASE, or postroad")
        actions = parser.add_subparsers(dest="action", required=True)
        status = actions.add_parser("status", help="every service and role: pods, version, restarts, lag, trouble")
        status.add_argument("--json", action="store_true", help="one JSON object in place of the table")
        scaling = actions.add_parser("scale", help="set how many pods a role of a service has")
        scaling.add_argument("service")
        scaling.add_argument("role", help="web, worker, relay or grpc")
        scaling.add_argument("replicas", type=_count)
        moving = actions.add_parser(
            "move-partition",
            aliases=["drain-lane"],
            help="move the queue of a partition to another pod, by evicting the pod that serves it",
        )
        moving.add_argument("channel", help="command channel, subscriber or reply channel: kitchen, orders.restaurants")
        moving.add_argument("shard", help="its number, or any")
        moving.add_argument("--dry-run", action="store_true", help="only say who serves it")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            cluster = connect(Place(**{name: options[name] for name in ("context", "namespace", "release")}))
            match options["action"]:
                case "status":
                    self._status(look(cluster), is_json=options["json"])
                case "scale":
                    self.stdout.write(scale(cluster, options["service"], options["role"], options["replicas"]))
                case _:
                    self._move(cluster, f"{options['channel']}.{options['shard']}", is_dry=options["dry_run"])
        except PostroadError as error:
            raise CommandError(str(error)) from error

    def _status(self, status: Status, *, is_json: bool) -> None:
        if is_json:
            self.stdout.write(json.dumps(asdict(status), indent=2))
            return
        self.stdout.write(f"{status.place}\n")
        lines = [_HEADINGS, *(_cells(row) for row in status.rows)]
        widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
        for line in lines:
            cells = [f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)]
            self.stdout.write("  ".join(cells).rstrip())
        if not status.rows:
            self.stdout.write("Nothing of that release is there; is it the right one? (--release, --namespace)")
        if status.note:
            self.stdout.write(self.style.WARNING(status.note))

    def _move(self, cluster: Cluster, queue: str, *, is_dry: bool) -> None:
        served = partitions.find(queue, partitions.ask_workers(), cluster.pods())
        others = ", ".join(served.others) or "no other worker"
        self.stdout.write(f"{queue} is served by pod {served.pod}; {others} could take it over.")
        if not is_dry:
            self.stdout.write(f"{queue} is served by {partitions.move(cluster, served)} now; {served.pod} ends.")


def _cells(row: Row) -> tuple[str, ...]:
    lag = "-" if row.lag is None else f"{row.lag:.1f} s"
    ready = f"{row.ready}/{row.desired}"
    return (row.service, row.role, ready, row.version, str(row.restarts), row.age or "-", lag, row.trouble)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no number of pods")
    return int(text)
