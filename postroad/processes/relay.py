"""The relay as a process: its signals, wake-up and broker.  See also: `messaging.outbox.relay`, which relays."""

import threading

from postroad.brokers.registry import broker_for
from postroad.composition import Postroad
from postroad.conf import CoreSettings
from postroad.errors import BrokerUnavailable
from postroad.logs import logger
from postroad.messaging import sql
from postroad.messaging.conf import MessagingSettings
from postroad.messaging.outbox.presence import Presence
from postroad.messaging.outbox.relay import Relay
from postroad.messaging.outbox.wakeup import BellWakeup, NotifyWakeup, Wakeup
from postroad.metrics.port import serve_metrics
from postroad.processes.heartbeat import Heartbeat
from postroad.processes.lifecycle import tell_started, tell_stopped
from postroad.schema.describing import describe_place
from postroad.secrecy import hide_password
from postroad.threads import on_termination

log = logger(__name__)


def run_relay(postroad: Postroad) -> None:
    """Relay until SIGTERM or SIGINT; a batch under way is finished first.

    The exchanges this service sends to are declared first, so that nothing is sent before they exist; at the start it
    waits for a broker that is unavailable.

    Raises:
        InvalidSetting: HEARTBEAT_FILE cannot be written, or METRICS_PORT is taken.
    """
    heartbeat, presence = Heartbeat(), Presence()
    serve_metrics(is_relay=True)
    stop = threading.Event()
    wakeup: Wakeup = NotifyWakeup() if sql.is_postgresql() else BellWakeup()

    def end() -> None:
        stop.set()
        wakeup.ring()

    def beat() -> None:
        heartbeat.beat()
        presence.beat()

    on_termination(end)
    broker = broker_for(MessagingSettings.current().broker_url)
    try:
        broker.declare(postroad.topology)
    except BrokerUnavailable as error:
        log.warning("relay waits for the broker", extra={"error": str(error)})
    details = f"outbox of {CoreSettings.current().service or 'all services'} in {describe_place()} to {hide_password(MessagingSettings.current().broker_url)}"
    tell_started("relay", details)
    relay = Relay(broker.publisher(), wakeup, is_durable=broker.is_durable, expiring=postroad.expiring)
    try:
        relay.run(stop, beat=beat)
    finally:
        relay.close()
        broker.close()
    tell_stopped("relay", details)
