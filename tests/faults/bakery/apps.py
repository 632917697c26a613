from django.apps import AppConfig


class BakeryConfig(AppConfig):
    name = "tests.faults.bakery"
    label = "bakery"
