"""Settings of the Celery worker."""

from dataclasses import dataclass

from postroad.conf import Section, key


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings(Section):
    """Each attribute is a key of POSTROAD in small letters."""

    balance_seconds: float = key(1.0, "how often workers agree on who serves which queue", minimum=0.1)
    consumer_jam_seconds: float = key(
        60.0, "how long a worker may have messages and run nothing before it ends, to be started again", minimum=1
    )
