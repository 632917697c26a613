from django.db import migrations, models


class Migration(migrations.Migration):
    """Stashed messages have the defaults of every received message; Django sets them, so the table stays as it is."""

    dependencies = [
        ("postroad_sagas", "0002_locks"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField("stashedmessage", "content_type", models.TextField(default="")),
                migrations.AlterField("stashedmessage", "headers", models.JSONField(default=dict)),
                migrations.AlterField("stashedmessage", "type", models.TextField(default="")),
            ]
        ),
    ]
