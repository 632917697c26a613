import pytest

from postroad.testing.brokers import BrokerSuite
from tests.brokers.conftest import TidyRabbitMQ


@pytest.mark.broker
class TestRabbitMQ(BrokerSuite):
    @pytest.fixture
    def broker(self, rabbitmq: TidyRabbitMQ) -> TidyRabbitMQ:
        return rabbitmq
