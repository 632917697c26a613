"""Consumers."""

from django.db import models
from typing_extensions import override

from postroad import clock


class Consumer(models.Model):
    """A person who may order."""

    first_name = models.TextField()
    last_name = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        """The admin searches by name and sorts by age."""

        indexes = [
            models.Index(fields=["last_name", "first_name"], name="consumers_name"),
            models.Index(fields=["created_at"], name="consumers_created"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @classmethod
    def register(cls, *, first_name: str, last_name: str) -> "Consumer":
        """Store a new consumer."""
        return cls.objects.create(first_name=first_name, last_name=last_name, created_at=clock.now())
