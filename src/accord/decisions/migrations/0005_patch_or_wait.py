from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0004_robustness"),
        ("exposure", "0004_states"),
        ("program", "0002_coverage"),
        ("risk", "0005_hazard_detail"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Acceptance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("proposed", "Waiting for keys"),
                            ("in_force", "In force"),
                            ("dissent", "Dissent recorded, not in force"),
                            ("superseded", "Superseded"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("content", models.TextField(blank=True)),
                ("content_hash", models.CharField(blank=True, max_length=64)),
                ("proposed_at", models.DateTimeField(blank=True, null=True)),
                ("cio_signed_at", models.DateTimeField(blank=True, null=True)),
                ("cio_method", models.CharField(blank=True, max_length=40)),
                ("cio_hash", models.CharField(blank=True, max_length=64)),
                ("ciso_signed_at", models.DateTimeField(blank=True, null=True)),
                ("ciso_method", models.CharField(blank=True, max_length=40)),
                ("ciso_hash", models.CharField(blank=True, max_length=64)),
                (
                    "dissent_role",
                    models.CharField(blank=True, choices=[("cio", "CIO"), ("ciso", "CISO")], max_length=4),
                ),
                ("dissent_at", models.DateTimeField(blank=True, null=True)),
                ("dissent_reason", models.TextField(blank=True)),
                ("in_force_at", models.DateTimeField(blank=True, null=True)),
                ("key", models.CharField(max_length=100, unique=True)),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("finding", "One finding"),
                            ("definition", "One weakness everywhere"),
                            ("system", "A system"),
                            ("unit", "A unit"),
                        ],
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=300)),
                ("reason", models.TextField()),
                ("until", models.DateField()),
                ("measures", models.TextField(blank=True)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("record", models.TextField(blank=True)),
                ("record_hash", models.CharField(blank=True, max_length=64)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[("ran_out", "Ran out"), ("revoked", "Revoked"), ("replaced", "Replaced")],
                        max_length=8,
                    ),
                ),
                ("ended_reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["-created", "-pk"],
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="AcceptedFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="SheetOutcome",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("downtime_hours", models.FloatField(blank=True, null=True)),
                ("failed", models.BooleanField(blank=True, null=True)),
                ("incident", models.BooleanField(blank=True, null=True)),
                ("note", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="sheet",
            name="cio_for",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="sheet",
            name="ended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="sheet",
            name="fix",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddField(
            model_name="sheet",
            name="system",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AlterField(
            model_name="sheet",
            name="kind",
            field=models.CharField(
                choices=[
                    ("insurance", "Insurance"),
                    ("supplier", "Supplier"),
                    ("retirement", "Delayed retirement"),
                    ("materiality", "Materiality"),
                    ("patch_or_wait", "Patch or wait"),
                ],
                max_length=13,
            ),
        ),
        migrations.AddIndex(
            model_name="sheet",
            index=models.Index(fields=["system", "fix"], name="decisions_sheet_fix"),
        ),
        migrations.AddConstraint(
            model_name="sheet",
            constraint=models.CheckConstraint(
                condition=models.Q(("cio_for", ""), ("kind", "patch_or_wait"), _connector="OR"),
                name="decisions_sheet_delegated_key",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="cio_signer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="signed as CIO",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="ciso_signer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="signed as CISO",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="controls",
            field=models.ManyToManyField(blank=True, related_name="acceptances", to="program.control"),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="dissent_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="ended_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="predecessor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="successors",
                to="decisions.acceptance",
            ),
        ),
        migrations.AddField(
            model_name="acceptance",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="acceptedfinding",
            name="acceptance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="covers", to="decisions.acceptance"
            ),
        ),
        migrations.AddField(
            model_name="acceptedfinding",
            name="finding",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="exposure.finding"
            ),
        ),
        migrations.AddField(
            model_name="sheetoutcome",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="sheetoutcome",
            name="event",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="risk.lossevent",
            ),
        ),
        migrations.AddField(
            model_name="sheetoutcome",
            name="sheet",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="outcome", to="decisions.sheet"
            ),
        ),
        migrations.AddIndex(
            model_name="acceptance",
            index=models.Index(fields=["state", "until"], name="decisions_accept_until"),
        ),
        migrations.AddIndex(
            model_name="acceptance",
            index=models.Index(fields=["scope", "subject"], name="decisions_accept_subject"),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["in_force", "superseded"]), _negated=True),
                    models.Q(
                        ("cio_signer__isnull", False),
                        ("ciso_signer__isnull", False),
                        ("cio_signed_at__isnull", False),
                        ("ciso_signed_at__isnull", False),
                        models.Q(("cio_signer", models.F("ciso_signer")), _negated=True),
                        models.Q(("content_hash", ""), _negated=True),
                        ("cio_hash", models.F("content_hash")),
                        ("ciso_hash", models.F("content_hash")),
                    ),
                    _connector="OR",
                ),
                name="decisions_acceptance_two_keys",
            ),
        ),
        migrations.AddConstraint(
            model_name="acceptance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended", ""), ("ended_at__isnull", True)),
                    models.Q(models.Q(("ended", ""), _negated=True), ("ended_at__isnull", False)),
                    _connector="OR",
                ),
                name="decisions_acceptance_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="acceptedfinding",
            index=models.Index(fields=["finding"], name="decisions_accepted_finding"),
        ),
        migrations.AddConstraint(
            model_name="acceptedfinding",
            constraint=models.UniqueConstraint(
                fields=("acceptance", "finding"), name="decisions_accepted_finding_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetoutcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("downtime_hours__isnull", True), ("downtime_hours__gte", 0), _connector="OR"),
                name="decisions_outcome_downtime",
            ),
        ),
        migrations.AddConstraint(
            model_name="sheetoutcome",
            constraint=models.CheckConstraint(
                condition=models.Q(("event__isnull", True), ("incident", True), _connector="OR"),
                name="decisions_outcome_event",
            ),
        ),
    ]
