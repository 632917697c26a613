"""The Django application of the service registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """Has no models: a registry that is restarted is filled again by its clients."""

    name = "apps.registry"
    label = "registry"
