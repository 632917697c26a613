"""Which bindings each release has declared: a new table, nothing is locked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("postroad_messaging", "0007_relay_seen"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeclaredBindings",
            fields=[
                ("digest", models.TextField(primary_key=True, serialize=False)),
                ("services", models.TextField()),
                ("bindings", models.JSONField()),
                ("declared_at", models.DateTimeField()),
            ],
            options={
                "db_table": "postroad_declared_bindings",
            },
        ),
    ]
