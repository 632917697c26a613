"""Self-registration: a process registers itself, renews its lease, and deregisters when it ends.

It does not check health: a supervisor must end a process that hangs but still renews its lease.
Source: "Self registration", Microservices Patterns, ch. 3.
"""

import threading
from contextlib import suppress

from postroad.calls.discovery.eureka.instance import Instance
from postroad.calls.discovery.registry_client import RegistryClient
from postroad.errors import ServiceUnavailable
from postroad.logs import logger
from postroad.retry import Backoff
from postroad.threads import VitalThread

log = logger(__name__)


class Registration:
    """Keeps one instance registered, in a thread of its own, from `start` to `stop`.

    If the thread fails, the process ends: otherwise it would look healthy, but no client would find it.
    """

    def __init__(self, client: RegistryClient, instance: Instance) -> None:
        self._client, self._instance = client, instance
        self._renew_seconds = float(instance.lease.renewal_seconds)
        self._backoff = Backoff(first_seconds=1.0, ceiling_seconds=self._renew_seconds)
        self._stop = threading.Event()
        self._thread = VitalThread(self._run, name="postroad-registration", is_told=self._stop.is_set)
        self._is_registered = False
        self._failures = 0

    def start(self) -> None:
        """Start the thread; while the registry does not answer, it tries again."""
        self._thread.start()

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """Deregister the instance, and end; do not wait for a registry that does not answer."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def beat(self) -> float:
        """Register, or renew the lease; return the seconds until the next beat.

        Raises nothing if the registry does not answer: the next beat comes after a back-off.
        """
        try:
            if not self._is_registered or not self._client.renew(self._instance):
                self._client.register(self._instance)
                self._is_registered = True
                log.info("registered", extra={"app": self._instance.app, "instance": self._instance.id})
        except ServiceUnavailable as error:
            self._failures += 1
            log.warning("service registry does not answer; registration is tried again", extra={"error": str(error)})
            return self._backoff.delay(self._failures)
        self._failures = 0
        return self._renew_seconds

    def _run(self) -> None:
        delay = 0.0
        while not self._stop.wait(delay):
            delay = self.beat()
        if self._is_registered:
            with suppress(ServiceUnavailable):
                self._client.cancel(self._instance)
        self._client.close()
