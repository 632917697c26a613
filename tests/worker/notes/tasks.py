"""Ordinary Celery tasks beside the message handlers."""

import logging
import time

from celery import shared_task
from django.db import connection


@shared_task  # type: ignore[untyped-decorator]  # celery has no types
def note(number: int, seconds: float = 0.0) -> None:
    logging.getLogger(__name__).info("task begun")
    time.sleep(seconds)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (key, number) VALUES ('task', %s)", [number])
