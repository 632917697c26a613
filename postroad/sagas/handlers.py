"""`SagaHandlers`: a saga with the use-cases behind its local steps, as a service's `handlers.py` lists it.

    SAGAS = (SagaHandlers(create_order, {"approve_order": usecases.approve_order}),)

Not: the saga's steps, which are pure and live in `sagas/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postroad import handling
from postroad.errors import InvalidDeclaration
from postroad.sagas.definition import Saga
from postroad.sagas.steps import SagaData

LocalHandler = Callable[[Any], SagaData | None]


@dataclass(frozen=True, slots=True)
class SagaHandlers:
    """A saga and its local use-cases: each takes the data and returns new data, or None to keep it."""

    saga: Saga
    local: Mapping[str, LocalHandler] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a local step without use-case, a use-case without step, and one that is no ordinary function."""
        wanted, given = self.saga.local_names(), set(self.local)
        if wanted != given:
            missing = ", ".join(sorted(wanted - given)) or "none"
            unused = ", ".join(sorted(given - wanted)) or "none"
            raise InvalidDeclaration(
                f"saga {self.saga.name}: bind its local steps in handlers.py; missing: {missing}; not in it: {unused}."
            )
        for name, handler in self.local.items():
            handling.check(handler, table=f"saga {self.saga.name}, local step {name!r}", takes=self.saga.data)
