"""Our relay without its wake-up: it looks for rows once a second.  `python -m bench.rivals.polling_relay`."""

import signal
import threading

import django
from typing_extensions import override

from postroad.messaging.outbox.wakeup import Wakeup

POLL_SECONDS = 1.0


class Poll(Wakeup):
    """Waits its second out, whatever happens."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    @override
    def idle(self) -> None:
        """Nobody is told."""

    @override
    def busy(self) -> None:
        """Nobody is told."""

    @override
    def wait(self, seconds: float) -> bool:
        return self._stop.wait(POLL_SECONDS)

    @override
    def ring(self) -> None:
        """Nobody rings."""


def main() -> None:
    """Relay until SIGTERM."""
    django.setup()
    from postroad.brokers.rabbitmq.broker import RabbitMQ  # noqa: PLC0415 - needs Django set up
    from postroad.messaging.conf import MessagingSettings  # noqa: PLC0415 - needs Django set up
    from postroad.messaging.outbox.relay import Relay  # noqa: PLC0415 - needs Django set up

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    relay = Relay(RabbitMQ(MessagingSettings.current().broker_url).publisher(), Poll(stop), is_durable=True)
    relay.run(stop)
    relay.close()


if __name__ == "__main__":
    main()
