"""Test support: sagas as stories, one message at a time, a pump instead of processes, conformance suites."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from postroad.sagas.execution import Status
    from postroad.testing.brokers import BrokerSuite
    from postroad.testing.messages import deliver, sent
    from postroad.testing.pump import Pump
    from postroad.testing.sagas import SagaStory, given

__all__ = ["BrokerSuite", "Pump", "SagaStory", "Status", "deliver", "given", "sent"]

_MODULES = {
    "BrokerSuite": "postroad.testing.brokers",
    "Pump": "postroad.testing.pump",
    "SagaStory": "postroad.testing.sagas",
    "Status": "postroad.sagas.execution",
    "deliver": "postroad.testing.messages",
    "given": "postroad.testing.sagas",
    "sent": "postroad.testing.messages",
}


if not TYPE_CHECKING:  # else every name would be known to type checkers

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used."""
        if name not in _MODULES:
            raise AttributeError(f"module 'postroad.testing' has no public name {name!r}")
        return getattr(import_module(_MODULES[name]), name)
