"""The Django application of the accounting service."""

from django.apps import AppConfig


class AccountingConfig(AppConfig):
    """The application has the name of the service."""

    name = "apps.accounting"
    label = "accounting"
