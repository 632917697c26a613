"""`Pump`: relay and consumers of this process, driven by hand until nothing is left to do.  For tests only.

pump = Pump()
place_order()
pump.until_quiet()      # no sleeps; delays between attempts are skipped
"""

from postroad.brokers.memory import MemoryBroker
from postroad.composition import Postroad, installed
from postroad.messaging.broker import Publisher
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup
from postroad.processes.consumers import QueueRunner

_MAX_ROUNDS = 10_000  # more means that messages cause messages for ever


class Pump:
    """A whole deployment on the memory broker, without threads.

    Attributes:
        broker: The memory broker, to look into queues or publish by hand.
        relay: The relay, to run alone.
        runner: The consumers, to run alone.
    """

    def __init__(self, parts: Postroad | None = None) -> None:
        parts = parts or installed()
        self.broker = MemoryBroker()
        self.broker.declare(parts.topology)
        self.relay = Relay(self.publisher(self.broker), BellWakeup(), is_durable=self.broker.is_durable)
        self.runner = QueueRunner(parts, self.broker, parts.queues)

    def publisher(self, broker: MemoryBroker) -> Publisher:
        """Return what the relay publishes with."""
        return broker.publisher()

    def until_quiet(self) -> int:
        """Relay and handle until nothing moves; return the rounds it took.

        Raises:
            AssertionError: It never ends.
        """
        for rounds in range(_MAX_ROUNDS):
            has_relayed = self.relay.run_once() > 0
            has_handled = self.runner.step(timeout_seconds=0, is_patient=False)
            if not has_relayed and not has_handled:
                return rounds
        raise AssertionError(f"still busy after {_MAX_ROUNDS} rounds: messages cause messages for ever")

    def close(self) -> None:
        """Hand everything back."""
        self.runner.close()
        self.relay.close()
        self.broker.close()
