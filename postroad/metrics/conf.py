"""Settings of `/metrics`."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings(Section):
    """Each attribute is a key of POSTROAD in lower case."""

    metrics_port: int = key(
        0, "port on which each process serves /metrics (a web process only there); 0: no port", minimum=0, maximum=65535
    )
