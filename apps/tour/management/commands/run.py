"""`manage.py run`: all services in this process, with a demo order.  `make run` calls it."""

import os
import socket
import sys
import threading
import tomllib
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.wsgi import get_wsgi_application
from typing_extensions import override

from apps.tour.addresses import behind_one
from apps.tour.administrator import make_administrator
from apps.tour.client import DemoFailed
from apps.tour.guide import tell_one
from apps.tour.story import Story
from apps.tour.stream import MAX_STREAMS
from apps.tour.views import STREAMS
from postroad.calls.grpc.server import GrpcServer
from postroad.calls.grpc.servicer import find_servicers
from postroad.composition import installed
from postroad.errors import MisconfiguredError, PostroadError
from postroad.processes.embedded import Embedded
from postroad.schema import state as schema
from postroad.web.server import listen, serve
from postroad.web.threads import InThreads

_GRPC_DRAIN_SECONDS = 1.0  # short: a person who pressed Ctrl-C waits for it
_WEB_DRAIN_SECONDS = 5.0
_BODY_BYTES = 2_621_440  # largest body of a form of the admin, which is Django's default
_WEB_THREADS = 8 + MAX_STREAMS
_LOCALHOST = "127.0.0.1"
_PORT = 8000


class Command(BaseCommand):
    """Serves on this machine only, until SIGINT or SIGTERM; both stop it cleanly."""

    help = "Run every service, the relay and the consumers in one process, on SQLite in var/, without a broker."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=_port, default=os.environ.get("PORT", str(_PORT)))
        parser.add_argument("--no-demo", action="store_true", default=os.environ.get("DEMO") == "0")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        self._story = Story(sys.stdout)
        port: int = options["port"]
        if schema.missing_migrations():  # this check is quick; `migrate` takes half a second to find nothing to do
            call_command("migrate", verbosity=0)
        password = make_administrator(settings.VAR_DIR / "admin-password", given=os.environ.get("ADMIN_PASSWORD", ""))
        listener = _listen(port)
        embedded = Embedded(installed())
        try:
            embedded.start()
        except PostroadError as error:
            raise CommandError(str(error)) from error
        self._banner(port, password)
        rpc = self._serve_grpc()
        self._story.line(f"\nPostroad is ready: http://localhost:{port}")
        if not options["no_demo"]:
            threading.Thread(target=self._demo, args=(port,), name="postroad-demo", daemon=True).start()
        application = InThreads(get_wsgi_application(), threads=_WEB_THREADS, body_bytes=_BODY_BYTES)
        try:
            serve(application, listener, grace_seconds=_WEB_DRAIN_SECONDS, at_stop=STREAMS.close)
        finally:
            application.close()
            drained = rpc.begin_stop(drain_seconds=_GRPC_DRAIN_SECONDS) if rpc else None
            embedded.stop()
            if drained:
                drained.wait()
            self._story.line("Postroad has stopped. Everything accepted is kept in var/ and goes on at the next start.")

    def _banner(self, port: int, password: str) -> None:
        url = f"http://localhost:{port}"
        tell = self._story.line
        tell(f"Postroad {_version()} · one process · {_database()} · {_broker()}")
        tell(f"  services  {'  '.join((*settings.SERVICES, 'gateway'))}")
        tell(f"  look at   {url:<30}  admin: /admin/ (admin, password in var/admin-password)")
        if password:
            tell(f"  admin password, made for this first start: {password}")

    def _serve_grpc(self) -> GrpcServer | None:
        """Serve gRPC too, or print why it cannot be served."""
        try:
            server = GrpcServer(find_servicers())
        except MisconfiguredError as error:
            self._story.line(f"  no gRPC   {error}")
            return None
        server.start()
        self._story.line(f"  gRPC      localhost:{server.port:<20}  {'  '.join(server.names)}")
        return server

    def _demo(self, port: int) -> None:
        try:
            tell_one(behind_one(f"http://localhost:{port}"), self._story)
        except DemoFailed as error:
            self._story.line(f"The demo order did not arrive: {error}")
        demo = "make demo REFUSE=card" + ("" if port == _PORT else f" PORT={port}")
        self._story.line(f"Try: curl -s localhost:{port}/orders/v1/orders/1 · {demo} · Ctrl-C stops")


def _port(given: str) -> int:
    if not (given.isdecimal() and 0 < int(given) < 65536):
        raise ArgumentTypeError(f"{given!r} is no port; give a number from 1 to 65535, as in: make run PORT=8080.")
    return int(given)


def _listen(port: int) -> socket.socket:
    try:
        return listen(_LOCALHOST, port)
    except OSError as error:
        raise CommandError(
            f"port {port} cannot be used ({error.strerror}); stop the program that listens there, or choose another port: make run PORT=8080."
        ) from error


def _database() -> str:
    engine: str = settings.DATABASES["default"]["ENGINE"]
    return "SQLite in var/" if engine.endswith("sqlite3") else "PostgreSQL"


def _broker() -> str:
    return "no broker needed" if str(settings.POSTROAD["BROKER_URL"]).startswith("memory:") else "RabbitMQ"


def _version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return str(project["project"]["version"])
