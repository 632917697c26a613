"""The Django application of the accounting service."""

from django.apps import AppConfig


class AccountingConfig(AppConfig):
    """Named after the service."""

    name = "apps.accounting"
    label = "accounting"
