import django.db.models.deletion
from django.db import migrations, models


def tell_apart(apps, schema_editor):
    """Hosts of bound sources that were kept as the bound asset: the next event of each tells which it is."""
    hosts = apps.get_model("monitoring", "SourceHost").objects
    hosts.filter(source__asset__isnull=False, asset=models.F("source__asset")).update(asset=None)


class Migration(migrations.Migration):
    dependencies = [
        ("estate", "0001_initial"),
        ("monitoring", "0014_set_aside"),
    ]

    operations = [
        migrations.CreateModel(
            name="BoundLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first", models.DateTimeField()),
                ("last", models.DateTimeField()),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bound_logs", to="estate.asset"
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bound_logs", to="monitoring.source"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("source", "asset"), name="monitoring_bound_log")],
            },
        ),
        migrations.RunPython(tell_apart, migrations.RunPython.noop, elidable=True),
    ]
