"""Indexes by state in place of the one by lane; on PostgreSQL made while senders and relays go on.

Each can be made again: an index that a stopped migration left half-made is dropped first.  A relay of the release
before finds its rows by the primary key from now on: the same rows in the same order, slower with a long outbox.
"""

import django.db.models.functions.text
from django.db import migrations, models


class AddIndex(migrations.AddIndex):
    """Adds an index without a lock that senders would wait for."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        schema_editor.add_index(model, self.index, concurrently=True)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")


class RemoveIndex(migrations.RemoveIndex):
    """Removes an index without a lock that senders would wait for."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.name)}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        index = to_state.models[app_label, self.model_name_lower].get_index_by_name(self.name)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.name)}")
        schema_editor.add_index(model, index, concurrently=True)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("postroad_messaging", "0004_dead_letter_indexes")]

    operations = [
        AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                models.F("lane"),
                models.F("id") + 0,
                condition=models.Q(("state", 0)),
                name="postroad_outbox_ready",
            ),
        ),
        AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", -1)),
                fields=["lane", "available_at", "id"],
                name="postroad_outbox_delayed",
            ),
        ),
        AddIndex(
            model_name="outboxmessage",
            index=models.Index(
                condition=models.Q(("state", 1)),
                fields=["lane", "channel", "route", "id"],
                name="postroad_outbox_held",
            ),
        ),
        AddIndex(
            model_name="outboxmessage",
            index=models.Index(condition=models.Q(("state", 2)), fields=["id"], name="postroad_outbox_set_aside"),
        ),
        AddIndex(
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
        RemoveIndex(model_name="outboxmessage", name="postroad_outbox_lane"),
    ]
