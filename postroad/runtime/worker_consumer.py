"""Celery's consumer, which also shows that it gets on: heartbeat and metrics port.  Not: consuming, which is `worker_step`."""

from collections.abc import Callable, Mapping
from typing import Any

from celery.worker import consumer
from typing_extensions import override

from postroad.runtime.heartbeat import BEAT_SECONDS, Heartbeat
from postroad.runtime.metrics_port import serve_metrics


class Consumer(consumer.Consumer):  # type: ignore[misc]  # celery has no types
    """Beats from a timer of the event loop, so that a blocked loop grows silent, and while it waits for the broker.

    The main process alone: the pool's processes have been started by then, and show nothing of themselves.

    Attributes:
        lags: Now → channel → seconds; set by the bootstep that has the lanes.
    """

    lags: Callable[[float], Mapping[str, float]]

    @override
    def start(self) -> None:
        """Consume until the worker ends.

        Raises:
            InvalidSetting: HEARTBEAT_FILE cannot be written, or METRICS_PORT is taken.
        """
        self._heartbeat = Heartbeat()
        serve_metrics(lags=self.lags)
        super().start()

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
