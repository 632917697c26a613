"""PostgreSQL only: when a relay was last seen, so that its presence does not depend on who listens."""

from django.db import migrations


def add_seen(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE postroad_relay_state ADD COLUMN IF NOT EXISTS seen_at timestamptz")


def drop_seen(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE postroad_relay_state DROP COLUMN IF EXISTS seen_at")


class Migration(migrations.Migration):
    dependencies = [("postroad_messaging", "0006_dead_letter_parts")]
    operations = [migrations.RunPython(add_seen, drop_seen)]
