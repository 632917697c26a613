"""The Django application of what the REST APIs share."""

from django.apps import AppConfig
from django.utils.module_loading import import_string
from typing_extensions import override


class HypermediaConfig(AppConfig):
    """Label `hypermedia`: the table of answered requests, its sweeping and its page in the admin."""

    name = "apps.shared.hypermedia"
    label = "hypermedia"
    verbose_name = "Idempotency"

    @override
    def ready(self) -> None:
        """Have the relay processes delete old answers, too (models exist only now)."""
        sweep_also = import_string("postroad.messaging.retention.sweep_also")
        sweep_also(import_string("apps.shared.hypermedia.idempotency.OLD_ANSWERS"))
