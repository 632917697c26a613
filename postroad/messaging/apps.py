"""The Django application that owns outbox, processed messages and dead letters."""

from django.apps import AppConfig
from typing_extensions import override


class MessagingConfig(AppConfig):
    """Label `postroad_messaging`, so that it does not clash with an application of the project."""

    name = "postroad.messaging"
    label = "postroad_messaging"
    verbose_name = "Messages"
    default_auto_field = "django.db.models.BigAutoField"
    postroad_expiring = ("postroad.messaging.retention.EXPIRING",)

    @override
    def ready(self) -> None:
        """Nothing to do: checks are registered by `postroad`."""
