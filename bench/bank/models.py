"""Accounts, and the moments at which messages were handled."""

from typing import ClassVar

from django.db import models
from typing_extensions import override


class Account(models.Model):
    """What a handler changes: one row a message, by the ORM."""

    balance = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    version = models.IntegerField(default=0)
    objects: ClassVar["models.Manager[Account]"]

    @override
    def __str__(self) -> str:
        return f"account {self.pk}"


class Arrival(models.Model):
    """When the handler of a message ran, by this machine's monotonic clock."""

    number = models.BigIntegerField()
    monotonic_seconds = models.FloatField()
    objects: ClassVar["models.Manager[Arrival]"]

    @override
    def __str__(self) -> str:
        return f"message {self.number}"
