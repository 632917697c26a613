from django.apps import AppConfig


class BakeryConfig(AppConfig):
    name = "tests.worker.bakery"
    label = "bakery"
