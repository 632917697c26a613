"""Ordinary Celery tasks beside the message handlers."""

from celery import shared_task
from django.db import connection


@shared_task  # type: ignore[untyped-decorator]  # celery has no types
def note(number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (key, number) VALUES ('task', %s)", [number])
