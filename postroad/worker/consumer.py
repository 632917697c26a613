"""Celery's consumer, which survives what it cannot read and shows its liveness: heartbeat and metrics port.

See also: `step`, which consumes messages for handlers.
"""

from collections.abc import Callable, Mapping
from typing import Any

from celery.worker import consumer
from typing_extensions import override

from postroad.brokers.rabbitmq.envelope import forgive_alien_properties
from postroad.metrics.port import serve_metrics
from postroad.processes.heartbeat import BEAT_SECONDS, Heartbeat
from postroad.worker.tasks import PoolGate, refuse

_OURS = {"celery.worker.consumer.gossip:Gossip": "postroad.worker.gossip:Gossip"}


def _no_lags(_now: float) -> Mapping[str, float]:
    return {}


class Consumer(consumer.Consumer):  # type: ignore[misc]  # celery has no types
    """Updates the liveness file from a timer of the event loop, and while it waits for the broker; a blocked loop updates nothing.

    Only the main process does so; the pool's processes were started before.

    Attributes:
        lags: Now → channel → seconds; set by the bootstep that has the queues.
    """

    lags: Callable[[float], Mapping[str, float]] = staticmethod(_no_lags)

    class Blueprint(consumer.Consumer.Blueprint):  # type: ignore[misc]  # celery has no types
        """Celery's steps, some replaced by ours."""

        default_steps = [_OURS.get(step, step) for step in consumer.Consumer.Blueprint.default_steps]

    def __init__(self, on_task_request: Callable[[Any], None], *, controller: Any, **options: Any) -> None:
        is_direct = on_task_request == controller._process_task  # noqa: SLF001 - pools without slots bind it at once
        gate = PoolGate(controller)
        super().__init__(gate if is_direct else on_task_request, controller=controller, **options)

    @override
    def start(self) -> None:
        """Consume until the worker ends.

        Raises:
            InvalidSetting: HEARTBEAT_FILE cannot be written, or METRICS_PORT is taken.
        """
        forgive_alien_properties()
        self._heartbeat = Heartbeat()
        serve_metrics(lags=self.lags)
        super().start()

    @override
    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Any], None]:
        """Return Celery's handler of task messages; an exception about one message does not end the worker."""
        handle = super().create_task_handler(*arguments, **options)

        def handle_safely(message: Any) -> None:
            try:
                handle(message)
            except Exception as error:  # noqa: BLE001 - the consumer's loop: logged, and kept as a dead letter
                refuse(message, error)

        return handle_safely

    @override
    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Reject it; Celery would acknowledge it, and it would be lost."""
        refuse(message, exc)

    @override
    def register_with_event_loop(self, hub: Any) -> None:
        super().register_with_event_loop(hub)
        hub.call_repeatedly(BEAT_SECONDS, self._heartbeat.beat)

    @override
    def ensure_connected(self, conn: Any) -> Any:
        self._heartbeat.beat()
        conn.ensure_connection = _beating(conn.ensure_connection, self._heartbeat.beat)
        return super().ensure_connected(conn)


def _beating(ensure_connection: Callable[..., Any], beat: Callable[[], None]) -> Callable[..., Any]:
    """Return kombu's `ensure_connection`, which calls its `callback` each second between attempts, with a beat there."""

    def ensured(*arguments: Any, callback: Callable[[], object] | None = None, **options: Any) -> Any:
        def turn() -> None:
            beat()
            if callback is not None:
                callback()

        return ensure_connection(*arguments, callback=turn, **options)

    return ensured
