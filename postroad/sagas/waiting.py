"""Says in words why a saga does not move, and what an operator can do about it.  Pure."""

from dataclasses import dataclass
from datetime import datetime

from postroad.sagas.execution import Status
from postroad.sagas.history import SagaHistory


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a saga waits for.

    Attributes:
        since: Since when, UTC.
        why: One sentence.
        what_to_do: One sentence for an operator.
    """

    since: datetime
    why: str
    what_to_do: str


def waiting(history: SagaHistory) -> Waiting | None:
    """Return what a saga waits for; None if it has ended."""
    if history.ended_at is not None:
        return None
    last = history.steps[-1] if history.steps else None
    if history.status == Status.STUCK or last is None:
        return Waiting(
            since=(last and last.ended_at) or history.started_at,
            why=f"The saga is stuck: {history.reason or 'no reason is known'}.",
            what_to_do=f"Look at it in the admin, or with 'manage.py sagas show {history.saga_id}'.",
        )
    service, asked = last.service, last.message_type
    often = "once" if history.failures == 1 else f"{history.failures} times"
    again = f" It has refused {often} ({history.reason}) and is asked again." if history.failures else ""
    return Waiting(
        since=last.started_at,
        why=f"{service} has not answered {asked}.{again}",
        what_to_do=(
            f"Usually it is answered soon. If not: does the worker of {service} run, and is its message parked there"
            f" ('manage.py deadletters list' of {service}) or still here ('manage.py outbox status')?"
        ),
    )
