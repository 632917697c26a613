"""Rows of the outbox that wait for another reason than the relay, and the destinations that do not take messages.

Both are additions that the release before does not notice: it inserts ready rows by the column's default in the
database.  On PostgreSQL no table is rewritten.
"""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("postroad_messaging", "0002_relay_state")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="state",
            field=models.SmallIntegerField(
                choices=[
                    (-1, "delayed"),
                    (0, "ready"),
                    (1, "held"),
                    (2, "set aside"),
                    (3, "behind one set aside"),
                ],
                db_default=0,
                default=0,
            ),
        ),
        migrations.CreateModel(
            name="OutboxHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.SmallIntegerField()),
                ("channel", models.TextField()),
                ("route", models.TextField()),
                ("attempts", models.IntegerField(default=1)),
                ("retry_at", models.DateTimeField()),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("error", models.TextField(db_default="", default="")),
            ],
            options={
                "db_table": "postroad_outbox_hold",
                "indexes": [
                    models.Index(fields=["lane", "retry_at"], name="postroad_outbox_hold_due"),
                    models.Index(fields=["since"], name="postroad_outbox_hold_since"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("lane", "channel", "route"), name="postroad_outbox_hold_once")
                ],
            },
        ),
    ]
