"""The Django application that owns saga instances and their history."""

from django.apps import AppConfig
from django.utils.module_loading import import_string
from typing_extensions import override


class SagasConfig(AppConfig):
    """Label `postroad_sagas`."""

    name = "postroad.sagas"
    label = "postroad_sagas"
    verbose_name = "Sagas"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        """Have the relay processes delete ended sagas, too (models exist only now)."""
        sweep_also = import_string("postroad.messaging.retention.sweep_also")
        for ended in import_string("postroad.sagas.retention.ENDED_SAGAS"):
            sweep_also(ended)
