"""The Django application that owns saga instances and their history."""

from django.apps import AppConfig


class SagasConfig(AppConfig):
    """Label `postroad_sagas`."""

    name = "postroad.sagas"
    label = "postroad_sagas"
    verbose_name = "Sagas"
    default_auto_field = "django.db.models.BigAutoField"
    postroad_expiring = ("postroad.sagas.retention.ENDED_SAGAS",)
