"""Settings of relay, worker and the one-process mode as processes."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    heartbeat_file: str = key("", "file that worker and relay touch each second while they get on; empty: none")
    consumer_threads: int = key(2, "consumer threads of the one-process mode", minimum=1)
