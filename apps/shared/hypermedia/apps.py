"""The Django application of the shared parts of the REST APIs."""

from django.apps import AppConfig


class HypermediaConfig(AppConfig):
    """Label `hypermedia`: the table of answered requests, the deletion of old rows and its page in the admin."""

    name = "apps.shared.hypermedia"
    label = "hypermedia"
    verbose_name = "Idempotency"
    postroad_expiring = ("apps.shared.hypermedia.idempotency.EXPIRING",)
