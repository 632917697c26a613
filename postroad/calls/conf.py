"""Settings of calls: transport, deadlines, retries, bulkhead and breaker."""

from collections.abc import Mapping
from dataclasses import dataclass

from postroad.conf import Section, key
from postroad.conf_readers import table_of


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    transport: Mapping[str, str] = key(
        {"default": "rest"},
        "service, or default → how it is called; as text: default=rest,kitchen=grpc",
        read=table_of("rest", "grpc", "local"),
    )
    call_deadline_seconds: float = key(1.0, "time of a call that declares no deadline of its own", minimum=0.001)
    call_connect_seconds: float = key(0.3, "longest wait for a connection to an instance", minimum=0.001)
    call_attempts: int = key(
        3, "most attempts of one call; of one that may not be made twice only where nothing was sent", minimum=1
    )
    call_retry_ratio: float = key(0.1, "retries to a service, as a part of its calls in ten seconds", minimum=0)
    call_retry_least: int = key(10, "retries to a service in ten seconds that are always allowed", minimum=0)
    call_bulkhead: int = key(32, "most outstanding calls to one service from one process", minimum=1)
    call_answer_bytes: int = key(4 * 1024 * 1024, "largest answer that is read", minimum=1)
    call_connection_age_seconds: float = key(
        60.0, "age at which a connection is made anew, so that new instances get calls", minimum=0
    )
    breaker_error_rate: float = key(0.5, "part of a service's calls that fail when it opens", minimum=0.01, maximum=1)
    breaker_min_calls: int = key(10, "calls in the window before the rate means anything", minimum=1)
    breaker_window_seconds: float = key(10.0, "how far back calls are counted", minimum=0.1)
    breaker_window_calls: int = key(0, "count so many last calls instead; 0: count by time", minimum=0)
    breaker_open_seconds: float = key(5.0, "how long a service is left alone before it is probed", minimum=0)
    breaker_probes: int = key(3, "probes that must all succeed before it closes", minimum=1)
