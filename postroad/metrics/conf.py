"""Settings of `/metrics`."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsSettings(Section):
    """Each attribute is a key of POSTROAD in lower case."""

    metrics_port: int = key(
        0, "port on which each process has /metrics, and a web process nowhere else; 0: none", minimum=0, maximum=65535
    )
