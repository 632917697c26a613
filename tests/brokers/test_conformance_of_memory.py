import pytest

from postroad.brokers.memory import MemoryBroker
from postroad.testing.brokers import BrokerSuite


class TestMemory(BrokerSuite):
    @pytest.fixture
    def broker(self) -> MemoryBroker:
        return MemoryBroker()
