"""PostgreSQL only: the flag that says whether a relay sleeps and wants a NOTIFY (unlogged: it is worth nothing after a crash)."""

from django.db import migrations


def make_state(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE UNLOGGED TABLE IF NOT EXISTS postroad_relay_state"
            " (id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1), is_idle boolean NOT NULL DEFAULT true)"
        )


def drop_state(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TABLE IF EXISTS postroad_relay_state")


class Migration(migrations.Migration):
    dependencies = [("postroad_messaging", "0001_initial")]
    operations = [migrations.RunPython(make_state, drop_state)]
