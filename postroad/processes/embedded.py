"""Relay and consumers as threads of this process: the one-process mode.

With `memory://` the outbox keeps a row until its message has been handled, so a kill at any moment loses nothing:
the next start sends again what is still there, and the processed-message table drops what was handled.
"""

import threading

from django.db import connections

from postroad.brokers.registry import broker_for
from postroad.composition import Postroad
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from postroad.processes import bindings
from postroad.processes.conf import ProcessSettings
from postroad.processes.consumers import ConsumerThread, shares
from postroad.threads import VitalThread


class Embedded:
    """Starts and stops the threads; one that ends by itself ends the process, with exit code 70.

    Raises BrokerUnavailable at start if BROKER_URL names a broker that is away.
    """

    def __init__(self, postroad: Postroad) -> None:
        self._postroad = postroad
        self._stop = threading.Event()
        self._wakeup = BellWakeup()
        self._broker = broker_for(MessagingSettings.current().broker_url)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Declare the channels and start relay and consumers."""
        parts = self._postroad
        self._broker.declare(parts.topology)
        if self._broker.is_durable:
            bindings.remember(parts)
        self._threads = [
            ConsumerThread(self._postroad, self._broker, share, self._stop, number=number)
            for number, share in enumerate(shares(parts.queues, ProcessSettings.current().consumer_threads))
        ]
        self._threads.append(VitalThread(self._run_relay, name="postroad-relay", is_told=self._stop.is_set))
        for thread in self._threads:
            thread.start()

    def stop(self, *, timeout_seconds: float = 4.0) -> bool:
        """Let every thread finish what it is doing; return whether all ended in time."""
        self._stop.set()
        self._wakeup.ring()
        for thread in self._threads:
            thread.join(timeout_seconds)
        has_ended = not any(thread.is_alive() for thread in self._threads)
        self._broker.close()
        return has_ended

    def _run_relay(self) -> None:
        relay = Relay(
            self._broker.publisher(), self._wakeup, is_durable=self._broker.is_durable, expiring=self._postroad.expiring
        )
        try:
            relay.run(self._stop)
        finally:
            relay.close()
            connections.close_all()
