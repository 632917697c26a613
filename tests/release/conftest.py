"""The fixtures of the worker tests: real workers serve the queues that are moved."""

from tests.worker.conftest import broker_url, office, open_office, template

__all__ = ["broker_url", "office", "open_office", "template"]
