from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0012_alert_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="alertevent",
            index=models.Index(fields=["source", "alert"], name="monitoring_hit_source"),
        ),
    ]
