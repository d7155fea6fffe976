"""Points of SSVC, release cycles, the priority policy, triage cases and notices."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("exposure", "0006_lifecycle"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SsvcPoint",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("cve", models.CharField(max_length=30, unique=True)),
                (
                    "exploitation",
                    models.CharField(
                        blank=True,
                        choices=[("none", "None known"), ("poc", "Proof of concept"), ("active", "Active")],
                        max_length=10,
                    ),
                ),
                ("automatable", models.BooleanField(null=True)),
                ("total_impact", models.BooleanField(null=True)),
                ("assessed", models.DateField(null=True)),
                ("vectors", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "SSVC point",
            },
        ),
        migrations.AddField(
            model_name="definition",
            name="automatable",
            field=models.BooleanField(null=True),
        ),
        migrations.AddField(
            model_name="definition",
            name="exploitation",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="definition",
            name="exploited_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="definition",
            name="points_of",
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name="definition",
            name="total_impact",
            field=models.BooleanField(null=True),
        ),
        migrations.AlterField(
            model_name="feedupdate",
            name="feed",
            field=models.CharField(
                choices=[
                    ("kev", "CISA KEV"),
                    ("epss", "FIRST EPSS"),
                    ("ssvc", "CISA Vulnrichment"),
                    ("eol", "endoflife.date"),
                ],
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="EndOfLife",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product", models.CharField(max_length=200)),
                ("cycle", models.CharField(max_length=200)),
                ("released", models.DateField(null=True)),
                ("support_ends", models.DateField(null=True)),
                ("support_ended", models.BooleanField(null=True)),
                ("eol", models.DateField(null=True)),
                ("eol_reached", models.BooleanField(null=True)),
                ("latest", models.CharField(blank=True, max_length=100)),
                ("identifiers", models.JSONField(default=list)),
            ],
            options={
                "verbose_name": "release cycle",
                "indexes": [models.Index(fields=["eol", "id"], name="exposure_cycle_eol")],
                "constraints": [models.UniqueConstraint(fields=("product", "cycle"), name="exposure_cycle_once")],
            },
        ),
        migrations.CreateModel(
            name="TriageCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(choices=[("open", "Open"), ("closed", "Closed")], default="open", max_length=10),
                ),
                ("because", models.CharField(max_length=300)),
                ("opened", models.DateTimeField(default=django.utils.timezone.now)),
                ("due", models.DateTimeField()),
                ("findings", models.PositiveIntegerField(default=0)),
                ("systems", models.JSONField(default=list)),
                ("looked_for", models.TextField(blank=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("compromised", "Compromised"),
                            ("not_compromised", "Not compromised"),
                            ("unknown", "Cannot be told"),
                        ],
                        max_length=20,
                    ),
                ),
                ("closed", models.DateTimeField(null=True)),
                (
                    "closed_by",
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
                        related_name="triage_cases",
                        to="exposure.definition",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="TriageFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="members", to="exposure.triagecase"
                    ),
                ),
                (
                    "finding",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="exposure.finding",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event", models.CharField(max_length=200)),
                ("subject", models.CharField(max_length=300)),
                ("body", models.TextField(blank=True)),
                ("href", models.CharField(blank=True, max_length=500)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("read", models.DateTimeField(null=True)),
                ("claimed", models.DateTimeField(null=True)),
                ("mailed", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=500)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("claimed__isnull", True)), fields=["id"], name="exposure_notice_to_mail"
                    ),
                    models.Index(fields=["user", "read", "-id"], name="exposure_notice_unread"),
                ],
                "constraints": [models.UniqueConstraint(fields=("user", "event"), name="exposure_notice_once")],
            },
        ),
        migrations.CreateModel(
            name="PriorityPolicy",
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
                ("title", models.CharField(max_length=200)),
                ("reason", models.TextField(blank=True)),
                ("table", models.JSONField()),
                ("preview", models.JSONField(null=True)),
                ("previewed_at", models.DateTimeField(null=True)),
                ("applied_at", models.DateTimeField(null=True)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "cio_signer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="signed as CIO",
                    ),
                ),
                (
                    "ciso_signer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="signed as CISO",
                    ),
                ),
                (
                    "dissent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "priority policies",
                "ordering": ["-pk"],
                "abstract": False,
                "constraints": [
                    models.CheckConstraint(
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
                        name="exposure_prioritypolicy_two_keys",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "in_force")),
                        fields=("state",),
                        name="exposure_policy_one_in_force",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="triagecase",
            index=models.Index(fields=["state", "due", "id"], name="exposure_triage_due"),
        ),
        migrations.AddConstraint(
            model_name="triagecase",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")), fields=("definition",), name="exposure_triage_one_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="triagecase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed__isnull", True), ("outcome", ""), ("state", "open")),
                    models.Q(
                        ("closed__isnull", False),
                        ("state", "closed"),
                        models.Q(("outcome", ""), _negated=True),
                        models.Q(("looked_for", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="exposure_triage_closed_with_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="triagefinding",
            constraint=models.UniqueConstraint(fields=("case", "finding"), name="exposure_triage_finding_once"),
        ),
    ]
