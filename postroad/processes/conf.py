"""Settings of relay, worker and the one-process mode as processes."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    heartbeat_file: str = key(
        "", "liveness file; worker and relay update it every second while they make progress; empty: none"
    )
    consumer_threads: int = key(2, "consumer threads of the one-process mode", minimum=1)
