"""Indexes of dead letters that hold keys and types of any length.

The release before needs none of them: its statements compare the columns, and find a subscriber's parked letters by
the beginning of the new index.
"""

from django.db import migrations, models

from postroad.messaging.migrations._online import AddIndexOnline, RemoveIndexOnline
from postroad.messaging.models import Start


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("postroad_messaging", "0003_outbox_set_aside")]
    operations = [
        AddIndexOnline(
            model_name="deadletter",
            index=models.Index(
                models.F("subscriber"),
                Start("partition_key"),
                models.F("id"),
                condition=models.Q(("state", "parked")),
                name="postroad_dead_letter_waiting",
            ),
        ),
        AddIndexOnline(
            model_name="deadletter",
            index=models.Index(Start("type"), models.F("created_at"), name="postroad_dead_letter_of_type"),
        ),
        AddIndexOnline(
            model_name="deadletter",
            index=models.Index(Start("partition_key"), name="postroad_dead_letter_of_key"),
        ),
        RemoveIndexOnline(model_name="deadletter", name="postroad_dead_letter_parked"),
        RemoveIndexOnline(model_name="deadletter", name="postroad_dead_letter_type"),
        RemoveIndexOnline(model_name="deadletter", name="postroad_dead_letter_key"),
    ]
