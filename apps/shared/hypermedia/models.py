"""Requests that carried an idempotency key, each with its answer."""

from django.db import models
from typing_extensions import override


class AnsweredRequest(models.Model):
    """The one request that used a key; `status` is empty only inside the transaction that is answering it.

    Attributes:
        service: Whose API was called; keys of different services are independent.
        fingerprint: SHA-256 of the request, in hexadecimal digits.
    """

    service = models.TextField()
    key = models.TextField()
    fingerprint = models.TextField()
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    headers = models.JSONField(default=dict)
    body = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()

    class Meta:
        """A key is used once; the oldest rows are deleted first."""

        constraints = [models.UniqueConstraint(fields=["service", "key"], name="hypermedia_key_once")]
        indexes = [models.Index(fields=["created_at"], name="hypermedia_request_created")]

    @override
    def __str__(self) -> str:
        return f"{self.service} {self.key}"
