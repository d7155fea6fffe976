from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

SCAN_STATES = [
    ("received", "Received"),
    ("reading", "Reading"),
    ("applying", "Applying"),
    ("landed", "Landed"),
    ("refused", "Refused"),
    ("undoing", "Being undone"),
    ("undone", "Undone"),
]
JUSTIFICATIONS = [
    ("component_not_present", "The component is not in the product"),
    ("vulnerable_code_not_present", "The vulnerable code is not in the product"),
    ("vulnerable_code_not_in_execute_path", "The vulnerable code is never run"),
    ("vulnerable_code_cannot_be_controlled_by_adversary", "An attacker cannot reach the vulnerable code"),
    ("inline_mitigations_already_exist", "Protection that is built in keeps it from being exploited"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("exposure", "0005_importing"),
        ("estate", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VexStatement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("not_affected", "Not affected"),
                            ("false_positive", "False positive"),
                            ("fixed", "Fixed"),
                            ("affected", "Affected"),
                            ("under_investigation", "Under investigation"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "reach",
                    models.CharField(
                        choices=[
                            ("findings", "Chosen findings"),
                            ("product", "A product wherever it is"),
                            ("subject", "One asset"),
                        ],
                        max_length=10,
                    ),
                ),
                ("purl", models.CharField(blank=True, max_length=500)),
                ("version", models.CharField(blank=True, max_length=200)),
                ("justification", models.CharField(blank=True, choices=JUSTIFICATIONS, max_length=60)),
                ("impact", models.CharField(blank=True, max_length=1000)),
                ("action", models.CharField(blank=True, max_length=1000)),
                ("author", models.CharField(blank=True, max_length=300)),
                ("said", models.DateTimeField()),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(null=True)),
                (
                    "end",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("withdrawn", "Withdrawn"),
                            ("superseded", "Superseded"),
                            ("undone", "Its import was undone"),
                        ],
                        max_length=12,
                    ),
                ),
                ("end_reason", models.CharField(blank=True, max_length=500)),
                (
                    "asset",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="estate.asset",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="exposure.definition",
                    ),
                ),
                (
                    "follower",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="precursors",
                        to="exposure.vexstatement",
                    ),
                ),
                (
                    "scan",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="exposure.scan",
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="exposure.target",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["definition", "said"], name="exposure_statement_stands", condition=Q(ended=None)
                    ),
                    models.Index(fields=["said", "id"], name="exposure_statement_said"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ended__isnull=True, end="") | (Q(ended__isnull=False) & ~Q(end="")),
                        name="exposure_statement_ends_with_reason",
                    )
                ],
            },
        ),
        migrations.AddField(
            "finding", "accepted_under", models.CharField(blank=True, default="", max_length=60), False
        ),
        migrations.AddField(
            "finding",
            "statement",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="covers",
                to="exposure.vexstatement",
            ),
        ),
        migrations.AddField("finding", "acted", models.DateTimeField(null=True)),
        migrations.AddField(
            "finding",
            "acted_by",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("finding", "said", models.CharField(blank=True, default="", max_length=500), False),
        migrations.AddIndex(
            "finding",
            models.Index(fields=["stale_since", "id"], name="exposure_f_stale", condition=Q(stale_since__isnull=False)),
        ),
        migrations.AddIndex(
            "finding",
            models.Index(fields=["statement", "id"], name="exposure_f_statement", condition=Q(statement__isnull=False)),
        ),
        migrations.AddIndex(
            "finding",
            models.Index(fields=["accepted_under", "id"], name="exposure_f_accepted", condition=~Q(accepted_under="")),
        ),
        migrations.AddField("scan", "undo", models.JSONField(null=True)),
        migrations.AddField("scan", "undone", models.DateTimeField(null=True)),
        migrations.AlterField(
            "scan", "state", models.CharField(choices=SCAN_STATES, default="received", max_length=10)
        ),
        migrations.RemoveConstraint("scan", "exposure_scan_once"),
        migrations.AddConstraint(
            "scan",
            models.UniqueConstraint(fields=("file", "part"), name="exposure_scan_once", condition=~Q(state="undone")),
        ),
        migrations.AddField("totalexposure", "fingerprints", models.PositiveSmallIntegerField(default=1)),
    ]
