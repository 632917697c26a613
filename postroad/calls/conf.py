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
        3, "maximum attempts of a call; one that is not idempotent is repeated only if nothing was sent", minimum=1
    )
    call_retry_ratio: float = key(
        0.1, "maximum retries to a service, as a fraction of its calls in ten seconds", minimum=0
    )
    call_retry_least: int = key(10, "retries to a service in ten seconds that are always allowed", minimum=0)
    call_bulkhead: int = key(32, "maximum outstanding calls to one service from one process", minimum=1)
    call_answer_bytes: int = key(4 * 1024 * 1024, "largest answer that is read", minimum=1)
    call_connection_age_seconds: float = key(
        60.0, "age at which a connection is replaced, so that new instances get calls", minimum=0
    )
    breaker_error_rate: float = key(
        0.5, "fraction of failed calls to a service at which its breaker opens", minimum=0.01, maximum=1
    )
    breaker_min_calls: int = key(10, "minimum calls in the window for the rate to count", minimum=1)
    breaker_window_seconds: float = key(10.0, "length of the window in which calls are counted", minimum=0.1)
    breaker_window_calls: int = key(
        0, "number of latest calls that the window holds instead; 0: use the time", minimum=0
    )
    breaker_open_seconds: float = key(5.0, "how long an open breaker refuses calls before it sends probes", minimum=0)
    breaker_probes: int = key(3, "probes that must all succeed before the breaker closes", minimum=1)
