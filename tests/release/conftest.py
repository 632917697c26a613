"""The fixtures of the worker tests: real workers serve the lanes that are drained."""

from tests.worker.conftest import broker_url, office, open_office, template

__all__ = ["broker_url", "office", "open_office", "template"]
