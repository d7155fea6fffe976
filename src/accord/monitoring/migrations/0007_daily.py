import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0006_blind"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="WatchChoice",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("wanted", models.BooleanField()),
                ("changed", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="DailyWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("day", models.DateField()),
                ("number", models.PositiveIntegerField(default=1)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("composed", models.DateTimeField(default=django.utils.timezone.now)),
                ("content", models.TextField()),
                ("content_hash", models.CharField(max_length=64)),
                ("grade", models.FloatField(null=True)),
                ("events", models.BigIntegerField(null=True)),
                ("alerts", models.PositiveIntegerField(default=0)),
                ("waiting", models.PositiveIntegerField(default=0)),
                ("silent", models.PositiveIntegerField(null=True)),
                (
                    "composed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "daily watches",
            },
        ),
        migrations.CreateModel(
            name="ExploitedWeakness",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier", models.CharField(max_length=100)),
                ("title", models.CharField(blank=True, max_length=400)),
                ("href", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name_plural": "exploited weaknesses",
                "indexes": [models.Index(fields=["at"], name="monitoring_exploited_at")],
                "constraints": [models.UniqueConstraint(fields=("identifier", "at"), name="monitoring_exploited")],
            },
        ),
        migrations.CreateModel(
            name="ShiftNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=2000)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WatchMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("due", models.DateTimeField(default=django.utils.timezone.now, null=True)),
                ("sent", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="mails", to="monitoring.dailywatch"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="dailywatch",
            index=models.Index(fields=["-until", "-id"], name="monitoring_watch_until"),
        ),
        migrations.AddConstraint(
            model_name="dailywatch",
            constraint=models.UniqueConstraint(fields=("day", "number"), name="monitoring_watch_number"),
        ),
        migrations.AddIndex(
            model_name="shiftnote",
            index=models.Index(fields=["at", "id"], name="monitoring_shift_note"),
        ),
        migrations.AddIndex(
            model_name="watchmail",
            index=models.Index(fields=["due"], name="monitoring_mail_due"),
        ),
        migrations.AddConstraint(
            model_name="watchmail",
            constraint=models.UniqueConstraint(fields=("watch", "user"), name="monitoring_watch_mail"),
        ),
    ]
