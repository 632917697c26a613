"""Ordinary Celery tasks beside the message handlers."""

import logging
import time
from pathlib import Path

from celery import shared_task
from django.db import connection

_MOST_SECONDS = 120.0


@shared_task  # type: ignore[untyped-decorator]  # celery has no types
def note(number: int, until: str = "") -> None:
    """Write a note, once there is a file."""
    logging.getLogger(__name__).info("task begun")
    ends_at = time.monotonic() + _MOST_SECONDS
    while until and not Path(until).exists() and time.monotonic() < ends_at:
        time.sleep(0.05)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (key, number) VALUES ('task', %s)", [number])
