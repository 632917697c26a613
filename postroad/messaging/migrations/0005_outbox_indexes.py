"""Indexes by state in place of the one by lane; on PostgreSQL made while senders and relays go on.

A relay of the release before finds its rows by the primary key from now on: the same rows in the same order, slower with
a long outbox.
"""

import django.db.models.functions.text
from django.db import migrations, models

from postroad.messaging.migrations._online import AddIndexOnline, RemoveIndexOnline


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("postroad_messaging", "0004_dead_letter_indexes")]

    operations = [
        AddIndexOnline(
            model_name="outboxmessage",
            index=models.Index(
                models.F("lane"),
                models.F("id") + 0,
                condition=models.Q(("state", 0)),
                name="postroad_outbox_ready",
            ),
        ),
        AddIndexOnline(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", -1)),
                fields=["lane", "available_at", "id"],
                name="postroad_outbox_delayed",
            ),
        ),
        AddIndexOnline(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", 1)),
                fields=["lane", "channel", "route", "id"],
                name="postroad_outbox_held",
            ),
        ),
        AddIndexOnline(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(("state", 2)), fields=["id"], name="postroad_outbox_set_aside"),
        ),
        AddIndexOnline(
            model_name="outboxmessage",
            index=models.Index(
                models.F("lane"),
                models.F("channel"),
                django.db.models.functions.text.Left("partition_key", 100),
                models.F("id"),
                condition=models.Q(("state__gte", 2)),
                name="postroad_outbox_behind",
            ),
        ),
        RemoveIndexOnline(model_name="outboxmessage", name="postroad_outbox_lane"),
    ]
