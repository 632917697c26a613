"""The Django application of the measured service."""

from django.apps import AppConfig


class BankConfig(AppConfig):
    """Its label is part of every queue's name, so that a broker shared with others keeps them apart."""

    name = "bench.bank"
    label = "bench_bank"
