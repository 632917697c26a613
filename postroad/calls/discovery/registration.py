"""Self-registration: a process tells the registry that it is there, again and again, and that it goes.

Registration does not check health: a supervisor must end a process that hangs but still renews.
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

    Should the thread fail, the process ends: nobody would find it, and it would look healthy.
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
        """Begin; a registry that is away is waited for."""
        self._thread.start()

    def stop(self, *, timeout_seconds: float = 5.0) -> None:
        """Tell the registry that the instance goes, and end; a registry that does not answer is not waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_seconds)

    def beat(self) -> float:
        """Register, or renew the lease; return the seconds until the next beat.

        Raises nothing when the registry is away: then the next beat comes after a back-off.
        """
        try:
            if not self._is_registered or not self._client.renew(self._instance):
                self._client.register(self._instance)
                self._is_registered = True
                log.info("registered", extra={"app": self._instance.app, "instance": self._instance.id})
        except ServiceUnavailable as error:
            self._failures += 1
            log.warning("service registry is away; registration goes on", extra={"error": str(error)})
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
