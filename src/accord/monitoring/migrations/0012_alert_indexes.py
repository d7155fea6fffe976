from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("estate", "0001_initial"),
        ("monitoring", "0011_bound_sources"),
        ("organization", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["host", "opened"], name="monitoring_alert_host"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["user", "opened"], name="monitoring_alert_user"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["address", "opened"], name="monitoring_alert_address"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["closed", "id"], name="monitoring_alert_closed"),
        ),
    ]
