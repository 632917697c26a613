"""The Django application of what the REST APIs share."""

from django.apps import AppConfig


class HypermediaConfig(AppConfig):
    """Label `hypermedia`: the table of answered requests, its sweeping and its page in the admin."""

    name = "apps.shared.hypermedia"
    label = "hypermedia"
    verbose_name = "Idempotency"
    postroad_expiring = ("apps.shared.hypermedia.idempotency.EXPIRING",)
