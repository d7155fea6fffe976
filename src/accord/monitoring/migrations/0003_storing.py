import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0002_collecting")]
    operations = [
        migrations.AddField("eventfile", "parts", models.PositiveIntegerField(default=1)),
        migrations.AddIndex("eventfile", models.Index(fields=["last", "first"], name="monitoring_file_last")),
        migrations.AddIndex("eventfile", models.Index(fields=["written"], name="monitoring_file_written")),
        migrations.CreateModel(
            name="EventSpan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("segment", models.CharField(max_length=120)),
                ("first", models.PositiveBigIntegerField()),
                ("last", models.PositiveBigIntegerField()),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spans", to="monitoring.eventfile"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["segment", "first"], name="monitoring_span")]},
        ),
        migrations.CreateModel(
            name="PumpState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("correlation", models.BinaryField(default=bytes)),
                ("streams", models.BinaryField(default=bytes)),
                ("changed", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen", models.DateTimeField(null=True)),
                ("paused", models.CharField(blank=True, max_length=300)),
            ],
        ),
    ]
