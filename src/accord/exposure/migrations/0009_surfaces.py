from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        ("estate", "0001_initial"),
        ("organization", "0001_initial"),
        ("exposure", "0008_remediation"),
    ]

    operations = [
        migrations.CreateModel(
            name="SafeguardRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                (
                    "safeguard",
                    models.CharField(
                        choices=[
                            ("owner", "Owner known"),
                            ("scanned", "Scanned"),
                            ("edr", "Endpoint detection (EDR)"),
                            ("logs", "Logs arriving"),
                            ("backup", "Backup"),
                            ("mfa", "Multi-factor authentication"),
                            ("supported", "Supported software"),
                        ],
                        max_length=10,
                    ),
                ),
                ("required", models.BooleanField()),
                (
                    "surface",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "environment",
                    models.CharField(
                        blank=True,
                        choices=[("production", "Production"), ("test", "Test"), ("development", "Development")],
                        max_length=12,
                    ),
                ),
                (
                    "reach",
                    models.CharField(
                        blank=True,
                        choices=[("internet", "Internet"), ("partner", "Partner"), ("internal", "Internal")],
                        max_length=10,
                    ),
                ),
                (
                    "criticality",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("mission_critical", "Mission critical"),
                            ("business_critical", "Business critical"),
                            ("important", "Important"),
                            ("supporting", "Supporting"),
                        ],
                        max_length=20,
                    ),
                ),
                ("within_days", models.PositiveIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SecurityTestRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                (
                    "surface",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                ("criticality", models.CharField(blank=True, max_length=20)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("penetration", "Penetration test"),
                            ("red_team", "Red team exercise"),
                            ("tabletop", "Tabletop exercise"),
                            ("scan", "Scan campaign"),
                            ("review", "Code or configuration review"),
                            ("phishing", "Phishing exercise"),
                        ],
                        max_length=12,
                    ),
                ),
                ("within_days", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SurfaceInventory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("name", models.CharField(max_length=300)),
                (
                    "surface",
                    models.CharField(
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                ("number", models.PositiveIntegerField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("as_of", models.DateField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "surface inventories",
            },
        ),
        migrations.CreateModel(
            name="SystemStake",
            fields=[
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="stake",
                        serialize=False,
                        to="estate.system",
                    ),
                ),
                ("low", models.FloatField()),
                ("mid", models.FloatField()),
                ("high", models.FloatField()),
                ("currency", models.CharField(max_length=3)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="AssetSurface",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "surface",
                    models.CharField(
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "asset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="surface_said", to="estate.asset"
                    ),
                ),
            ],
            options={
                "verbose_name": "asset surface",
            },
        ),
        migrations.CreateModel(
            name="PathRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("ledger_number", models.PositiveBigIntegerField(default=0)),
                ("result", models.JSONField(default=dict)),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="exposure_path_run_at")],
            },
        ),
        migrations.CreateModel(
            name="SecurityTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("name", models.CharField(max_length=300)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("penetration", "Penetration test"),
                            ("red_team", "Red team exercise"),
                            ("tabletop", "Tabletop exercise"),
                            ("scan", "Scan campaign"),
                            ("review", "Code or configuration review"),
                            ("phishing", "Phishing exercise"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=10,
                    ),
                ),
                ("plan", models.TextField(blank=True)),
                ("method", models.CharField(blank=True, max_length=500)),
                ("tester", models.CharField(blank=True, max_length=300)),
                ("starts", models.DateField(blank=True, null=True)),
                ("ends", models.DateField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="security_tests",
                        to="organization.person",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.storedfile",
                    ),
                ),
                (
                    "retest_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retests",
                        to="exposure.securitytest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecurityTestFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "finding",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tests", to="exposure.finding"
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="exposure.securitytest"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecurityTestScan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "scan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tests", to="exposure.scan"
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="scans", to="exposure.securitytest"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecurityTestSurface",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "surface",
                    models.CharField(
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="surfaces", to="exposure.securitytest"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SecurityTestSystem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="security_tests", to="estate.system"
                    ),
                ),
                (
                    "test",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="systems", to="exposure.securitytest"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InventoryCoverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "safeguard",
                    models.CharField(
                        choices=[
                            ("owner", "Owner known"),
                            ("scanned", "Scanned"),
                            ("edr", "Endpoint detection (EDR)"),
                            ("logs", "Logs arriving"),
                            ("backup", "Backup"),
                            ("mfa", "Multi-factor authentication"),
                            ("supported", "Supported software"),
                        ],
                        max_length=10,
                    ),
                ),
                ("covered", models.PositiveIntegerField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=300)),
                ("as_of", models.DateField(blank=True, null=True)),
                (
                    "inventory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="coverage",
                        to="exposure.surfaceinventory",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "inventory coverage",
            },
        ),
        migrations.CreateModel(
            name="Component",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300)),
                ("version", models.CharField(blank=True, max_length=200)),
                ("purl", models.CharField(blank=True, max_length=500)),
                ("cpe", models.CharField(blank=True, max_length=300)),
                (
                    "scan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="components", to="exposure.scan"
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="components", to="exposure.target"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["name"], name="exposure_component_name")],
            },
        ),
        migrations.CreateModel(
            name="EndedSupport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("product", models.CharField(max_length=200)),
                ("cycle", models.CharField(blank=True, max_length=200)),
                ("software", models.CharField(max_length=500)),
                ("matched_by", models.CharField(max_length=200)),
                ("ends", models.DateField(null=True)),
                ("ended", models.BooleanField(null=True)),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="support", to="exposure.target"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "ended support",
                "indexes": [models.Index(fields=["ends", "id"], name="exposure_support_ends")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("target", "product", "software"), name="exposure_ended_support_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SafeguardEvidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "safeguard",
                    models.CharField(
                        choices=[
                            ("scanned", "Scanned"),
                            ("edr", "Endpoint detection (EDR)"),
                            ("logs", "Logs arriving"),
                            ("backup", "Backup"),
                            ("mfa", "Multi-factor authentication"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source", models.CharField(max_length=100)),
                ("present", models.BooleanField()),
                ("seen", models.DateField()),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "asset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="safeguard_evidence",
                        to="estate.asset",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "safeguard evidence",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("asset", "safeguard", "source"), name="exposure_safeguard_evidence_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="securitytest",
            index=models.Index(fields=["starts"], name="exposure_test_starts"),
        ),
        migrations.AddConstraint(
            model_name="securitytest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("retest_of__isnull", True), models.Q(("retest_of", models.F("id")), _negated=True), _connector="OR"
                ),
                name="exposure_test_not_its_own_retest",
            ),
        ),
        migrations.AddConstraint(
            model_name="securitytestfinding",
            constraint=models.UniqueConstraint(fields=("test", "finding"), name="exposure_test_finding_once"),
        ),
        migrations.AddConstraint(
            model_name="securitytestscan",
            constraint=models.UniqueConstraint(fields=("test", "scan"), name="exposure_test_scan_once"),
        ),
        migrations.AddConstraint(
            model_name="securitytestsurface",
            constraint=models.UniqueConstraint(fields=("test", "surface"), name="exposure_test_surface_once"),
        ),
        migrations.AddConstraint(
            model_name="securitytestsystem",
            constraint=models.UniqueConstraint(fields=("test", "system"), name="exposure_test_system_once"),
        ),
        migrations.AddConstraint(
            model_name="inventorycoverage",
            constraint=models.UniqueConstraint(
                fields=("inventory", "safeguard"), name="exposure_inventory_coverage_once"
            ),
        ),
        migrations.CreateModel(
            name="CoverageState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(null=True)),
                ("stale", models.BooleanField(default=True)),
                ("result", models.JSONField(default=dict)),
            ],
        ),
        migrations.CreateModel(
            name="AssetCoverage",
            fields=[
                (
                    "asset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="coverage",
                        serialize=False,
                        to="estate.asset",
                    ),
                ),
                (
                    "surface",
                    models.CharField(
                        choices=[
                            ("network", "Network hosts"),
                            ("web", "Web applications and APIs"),
                            ("cloud", "Cloud accounts and resources"),
                            ("container", "Containers"),
                            ("code", "Code and dependencies"),
                            ("identity", "Identities"),
                            ("people", "Mail and people"),
                            ("supplier", "Suppliers"),
                            ("device", "Mobile and OT devices"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "owner",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "scanned",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "edr",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "logs",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "backup",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "mfa",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                (
                    "supported",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Not asked"), (1, "Yes"), (2, "No"), (3, "Unknown")], default=0
                    ),
                ),
                ("unwatched", models.BooleanField(default=False)),
                ("money_low", models.FloatField(null=True)),
                ("money_mid", models.FloatField(null=True)),
                ("money_high", models.FloatField(null=True)),
                ("goal_weight", models.FloatField(null=True)),
            ],
            options={
                "verbose_name_plural": "asset coverage",
                "indexes": [
                    models.Index(fields=["surface", "money_mid", "asset"], name="exposure_coverage_surface"),
                    models.Index(fields=["unwatched", "money_mid", "asset"], name="exposure_coverage_unwatched"),
                    models.Index(fields=["money_mid", "asset"], name="exposure_coverage_money"),
                ],
            },
        ),
    ]
