import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("estate", "0001_initial"),
        ("monitoring", "0005_alerts"),
        ("organization", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RuleRoutes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("rules", models.JSONField(default=dict)),
                ("correlations", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="AttackGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=300)),
                ("aliases", models.JSONField(default=list)),
                ("summary", models.TextField(blank=True)),
                ("url", models.CharField(blank=True, max_length=500)),
                ("retired", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="AttackTactic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier", models.CharField(max_length=20, unique=True)),
                ("short", models.CharField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("place", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="AttackTechnique",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("identifier", models.CharField(max_length=20, unique=True)),
                ("name", models.CharField(max_length=300)),
                ("parent", models.CharField(blank=True, max_length=20)),
                ("tactics", models.JSONField(default=list)),
                ("platforms", models.JSONField(default=list)),
                ("url", models.CharField(blank=True, max_length=500)),
                ("retired", models.BooleanField(default=False)),
                ("replaced_by", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="BlindState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(null=True)),
                ("stale", models.BooleanField(default=True)),
                ("result", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="SourceWatch",
            fields=[
                (
                    "source",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="watch",
                        serialize=False,
                        to="monitoring.source",
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("receiving", "Receiving"),
                            ("silent", "Silent"),
                            ("never", "Nothing yet"),
                            ("paused", "Intake paused"),
                            ("off", "Switched off"),
                        ],
                        max_length=10,
                    ),
                ),
                ("silent_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.CharField(
                        blank=True,
                        choices=[("told", "as told"), ("past", "by its own past"), ("", "not yet known")],
                        max_length=4,
                    ),
                ),
                ("hours", models.PositiveIntegerField(default=0)),
                ("hour", models.DateTimeField(null=True)),
                ("got", models.BigIntegerField(null=True)),
                ("low", models.FloatField(null=True)),
                ("mid", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                (
                    "volume",
                    models.CharField(
                        choices=[
                            ("usual", "As usual"),
                            ("less", "Much less"),
                            ("more", "Much more"),
                            ("unknown", "Not yet known"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("delay_now", models.FloatField(null=True)),
                ("delay_usual", models.FloatField(null=True)),
                (
                    "delay",
                    models.CharField(
                        choices=[
                            ("usual", "As usual"),
                            ("less", "Much less"),
                            ("more", "Much more"),
                            ("unknown", "Not yet known"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("malformed_now", models.FloatField(null=True)),
                ("malformed_usual", models.FloatField(null=True)),
                (
                    "malformed",
                    models.CharField(
                        choices=[
                            ("usual", "As usual"),
                            ("less", "Much less"),
                            ("more", "Much more"),
                            ("unknown", "Not yet known"),
                        ],
                        default="unknown",
                        max_length=8,
                    ),
                ),
                ("dropped", models.BigIntegerField(default=0)),
                ("learned", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name_plural": "source watches",
            },
        ),
        migrations.CreateModel(
            name="AttackRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("version", models.CharField(blank=True, max_length=40)),
                ("modified", models.DateTimeField(null=True)),
                ("origin", models.CharField(max_length=500)),
                ("digest", models.CharField(max_length=64)),
                ("counts", models.JSONField(default=dict)),
                ("imported", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
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
            name="ThreatProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("weight", models.DecimalField(blank=True, decimal_places=9, max_digits=24, null=True)),
                ("left_out", models.BooleanField(blank=True, null=True)),
                ("added", models.DateField(blank=True, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.person",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "threat profile",
            },
        ),
        migrations.CreateModel(
            name="BlindInitiative",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("spot", models.CharField(max_length=200)),
                ("initiative", models.CharField(max_length=100)),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("spot", "initiative"), name="monitoring_blind_initiative")
                ],
            },
        ),
        migrations.CreateModel(
            name="DetectionExercise",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("technique", models.CharField(max_length=20)),
                ("day", models.DateField()),
                ("detected", models.BooleanField()),
                ("rule", models.CharField(blank=True, max_length=200)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("note", models.TextField(blank=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organization.person",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["technique", "day"], name="monitoring_exercise")],
            },
        ),
        migrations.CreateModel(
            name="GroupTechnique",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uses", to="monitoring.attackgroup"
                    ),
                ),
                (
                    "technique",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="used_by",
                        to="monitoring.attacktechnique",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("group", "technique"), name="monitoring_group_technique")
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceHost",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(max_length=300)),
                ("first", models.DateTimeField()),
                ("last", models.DateTimeField()),
                (
                    "asset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="log_sources",
                        to="estate.asset",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="hosts", to="monitoring.source"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["asset", "last"], name="monitoring_host_asset"),
                    models.Index(fields=["last"], name="monitoring_host_last"),
                ],
                "constraints": [models.UniqueConstraint(fields=("source", "host"), name="monitoring_source_host")],
            },
        ),
        migrations.CreateModel(
            name="SourceSilence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField()),
                ("noticed", models.DateTimeField()),
                ("ended", models.DateTimeField(null=True)),
                (
                    "by",
                    models.CharField(
                        choices=[("told", "as told"), ("past", "by its own past"), ("", "not yet known")], max_length=4
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="silences", to="monitoring.source"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["noticed"], name="monitoring_silence_noticed")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended__isnull", True)), fields=("source",), name="monitoring_one_silence"
                    )
                ],
            },
        ),
    ]
