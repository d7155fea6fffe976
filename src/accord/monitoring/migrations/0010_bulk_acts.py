import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0009_dropped_by_filters"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertAct",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("action", models.CharField(max_length=20)),
                ("verdict", models.CharField(blank=True, max_length=10)),
                ("note", models.TextField(blank=True)),
                ("minutes", models.FloatField(default=0)),
                ("query", models.JSONField(null=True)),
                ("chosen", models.JSONField(default=list)),
                ("total", models.PositiveIntegerField(default=0)),
                ("place", models.PositiveBigIntegerField(default=0)),
                ("highest", models.PositiveBigIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("passed", models.JSONField(default=dict)),
                ("finished", models.DateTimeField(null=True)),
                ("job", models.UUIDField(null=True)),
                ("undo_asked", models.DateTimeField(null=True)),
                ("undo_place", models.PositiveBigIntegerField(default=0)),
                ("undone", models.PositiveIntegerField(default=0)),
                ("left", models.PositiveIntegerField(default=0)),
                ("undo_finished", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.alert"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undo_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlertActRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(max_length=10)),
                ("verdict", models.CharField(blank=True, max_length=10)),
                ("acknowledged", models.DateTimeField(null=True)),
                ("closed", models.DateTimeField(null=True)),
                ("revision", models.PositiveIntegerField()),
                ("became", models.CharField(max_length=10)),
                (
                    "act",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rows", to="monitoring.alertact"
                    ),
                ),
                (
                    "alert",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="monitoring.alert"
                    ),
                ),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.alert"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="alertact",
            index=models.Index(fields=["by", "-at"], name="monitoring_act_by"),
        ),
        migrations.AddIndex(
            model_name="alertact",
            index=models.Index(fields=["at"], name="monitoring_act_at"),
        ),
        migrations.AddIndex(
            model_name="alertactrow",
            index=models.Index(fields=["act", "id"], name="monitoring_act_rows"),
        ),
    ]
