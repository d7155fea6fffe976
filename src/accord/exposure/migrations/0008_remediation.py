import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_initial"),
        ("estate", "0001_initial"),
        ("exposure", "0007_knowledge"),
        ("organization", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FixState",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("counted_at", models.DateTimeField(null=True)),
                ("stale", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                ("purpose", models.CharField(blank=True, max_length=1000)),
                ("aim", models.DateField()),
                ("started", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(null=True)),
                ("open_findings", models.PositiveIntegerField(default=0)),
                ("claimed", models.PositiveIntegerField(default=0)),
                ("verified", models.PositiveIntegerField(default=0)),
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
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="campaigns",
                        to="organization.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChangeFreeze",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("name", models.CharField(max_length=300)),
                ("starts", models.DateField()),
                ("ends", models.DateField()),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends__gte", models.F("starts"))), name="exposure_freeze_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChangeWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("name", models.CharField(max_length=300)),
                ("starts", models.DateField()),
                ("start_time", models.CharField(blank=True, max_length=5)),
                ("hours", models.DecimalField(decimal_places=9, max_digits=24)),
                ("most_restarts", models.PositiveIntegerField(blank=True, null=True)),
                ("most_downtime", models.DecimalField(blank=True, decimal_places=9, max_digits=24, null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["starts"], name="exposure_window_starts")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("hours__gt", 0)), name="exposure_window_hours")
                ],
            },
        ),
        migrations.CreateModel(
            name="DowntimeLimit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("most_systems", models.PositiveIntegerField()),
                (
                    "capability",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="downtime_limit",
                        to="organization.capability",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Fix",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("open_findings", models.PositiveIntegerField(default=0)),
                ("in_progress", models.PositiveIntegerField(default=0)),
                ("claimed", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("known_exploited", models.PositiveIntegerField(default=0)),
                ("assets", models.PositiveIntegerField(default=0)),
                ("unpriced", models.PositiveIntegerField(default=0)),
                ("price_low", models.FloatField(null=True)),
                ("price_mid", models.FloatField(null=True)),
                ("price_high", models.FloatField(null=True)),
                ("worst_class", models.PositiveSmallIntegerField(null=True)),
                ("due", models.DateTimeField(null=True)),
                ("key", models.CharField(max_length=20, unique=True)),
                ("kind", models.CharField(choices=[("upgrade", "Upgrade"), ("remedy", "Remedy")], max_length=10)),
                ("title", models.CharField(max_length=500)),
                ("ecosystem", models.CharField(blank=True, max_length=60)),
                ("component", models.CharField(blank=True, max_length=300)),
                ("target_version", models.CharField(blank=True, max_length=200)),
                ("systems", models.PositiveIntegerField(default=0)),
                ("first_seen", models.DateTimeField()),
                (
                    "definition",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fixes",
                        to="exposure.definition",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "fixes",
            },
        ),
        migrations.CreateModel(
            name="CampaignFix",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verified", models.PositiveIntegerField(default=0)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="fixes", to="exposure.campaign"
                    ),
                ),
                (
                    "fix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="campaigns", to="exposure.fix"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "campaign fixes",
            },
        ),
        migrations.CreateModel(
            name="FixDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("now", "Patch now"),
                            ("window", "Patch in a window"),
                            ("mitigate", "Mitigate until"),
                            ("accept", "Accept until"),
                        ],
                        max_length=10,
                    ),
                ),
                ("window", models.CharField(blank=True, max_length=100)),
                ("until", models.DateField(null=True)),
                ("decision", models.CharField(max_length=100)),
                ("address", models.CharField(max_length=300)),
                (
                    "fix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="decisions", to="exposure.fix"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="estate.system"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FixEffort",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("applies_to", models.CharField(max_length=320, unique=True)),
                ("hours_low", models.DecimalField(decimal_places=9, max_digits=24)),
                ("hours", models.DecimalField(decimal_places=9, max_digits=24)),
                ("hours_high", models.DecimalField(decimal_places=9, max_digits=24)),
                ("restart", models.BooleanField()),
                ("downtime_low", models.DecimalField(decimal_places=9, max_digits=24)),
                ("downtime", models.DecimalField(decimal_places=9, max_digits=24)),
                ("downtime_high", models.DecimalField(decimal_places=9, max_digits=24)),
                ("source", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("hours__gte", models.F("hours_low")),
                            ("hours_high__gte", models.F("hours")),
                            ("hours_low__gt", 0),
                        ),
                        name="exposure_effort_hours_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("downtime__gte", models.F("downtime_low")),
                            ("downtime_high__gte", models.F("downtime")),
                            ("downtime_low__gte", 0),
                        ),
                        name="exposure_effort_downtime_in_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FreezeSystem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "freeze",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="systems", to="exposure.changefreeze"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="freezes", to="estate.system"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MonthlyFlow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("worst_class", models.PositiveSmallIntegerField()),
                ("open_before", models.PositiveIntegerField(default=0)),
                ("opened", models.PositiveIntegerField(default=0)),
                ("closed", models.PositiveIntegerField(default=0)),
                ("met", models.PositiveIntegerField(default=0)),
                ("missed", models.PositiveIntegerField(default=0)),
                ("undated", models.PositiveIntegerField(default=0)),
                ("whole", models.BooleanField(default=False)),
                (
                    "system",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="estate.system"
                    ),
                ),
            ],
            options={
                "verbose_name": "monthly flow",
            },
        ),
        migrations.CreateModel(
            name="PatchPlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
                ("job", models.UUIDField(null=True)),
                ("begins", models.DateField()),
                ("ends", models.DateField()),
                ("inputs", models.CharField(max_length=64)),
                ("currency", models.CharField(max_length=3)),
                ("figures", models.JSONField(default=dict)),
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
            name="PatchJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("late", "Planned, after its deadline"),
                            ("held", "Held by a sheet"),
                            ("dropped", "Accepted by a sheet"),
                            ("no_effort", "Nobody has estimated what it takes"),
                            ("no_team", "Nobody has said which team changes the system"),
                            ("no_system", "Its assets belong to no system"),
                            ("no_window", "No window is open to it"),
                            ("too_long", "It takes more than any window has"),
                            ("no_room", "No room is left in its windows"),
                            ("rule", "A rule between systems keeps it out"),
                            ("pin_broken", "The window that its sheet names cannot take it"),
                        ],
                        max_length=10,
                    ),
                ),
                ("team", models.CharField(blank=True, max_length=100)),
                ("hours", models.FloatField(null=True)),
                ("downtime", models.FloatField(null=True)),
                ("restart", models.BooleanField(null=True)),
                ("rate_low", models.FloatField(null=True)),
                ("rate_mid", models.FloatField(null=True)),
                ("rate_high", models.FloatField(null=True)),
                ("removed", models.FloatField(null=True)),
                ("findings", models.PositiveIntegerField(default=0)),
                ("worst_class", models.PositiveSmallIntegerField()),
                ("due", models.DateTimeField(null=True)),
                ("due_why", models.CharField(blank=True, max_length=10)),
                ("also", models.JSONField(default=list)),
                ("sheet", models.CharField(blank=True, max_length=100)),
                ("sheet_address", models.CharField(blank=True, max_length=300)),
                ("sheet_choice", models.CharField(blank=True, max_length=10)),
                (
                    "fix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="patch_jobs", to="exposure.fix"
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="patch_jobs",
                        to="estate.system",
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="jobs",
                        to="exposure.changewindow",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="jobs", to="exposure.patchplan"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PatchRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "rule",
                    models.CharField(
                        choices=[("apart", "never in the same window as"), ("before", "never later than")], max_length=6
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="patch_rules_of_others",
                        to="estate.system",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="patch_rules", to="estate.system"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SystemFix",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("open_findings", models.PositiveIntegerField(default=0)),
                ("in_progress", models.PositiveIntegerField(default=0)),
                ("claimed", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("known_exploited", models.PositiveIntegerField(default=0)),
                ("assets", models.PositiveIntegerField(default=0)),
                ("unpriced", models.PositiveIntegerField(default=0)),
                ("price_low", models.FloatField(null=True)),
                ("price_mid", models.FloatField(null=True)),
                ("price_high", models.FloatField(null=True)),
                ("worst_class", models.PositiveSmallIntegerField(null=True)),
                ("due", models.DateTimeField(null=True)),
                ("own_share", models.FloatField(default=1.0)),
                (
                    "fix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="on_systems", to="exposure.fix"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="fixes",
                        to="organization.person",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="fixes", to="estate.system"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "fixes on systems",
            },
        ),
        migrations.CreateModel(
            name="SystemTeam",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("team", models.CharField(max_length=100)),
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="team", to="estate.system"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TeamHours",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("team", models.CharField(max_length=100)),
                ("hours", models.DecimalField(decimal_places=9, max_digits=24)),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="teams", to="exposure.changewindow"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "team hours",
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("taken", "In progress"),
                            ("done", "Done, says the other side"),
                            ("refused", "Refused"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("address", models.CharField(blank=True, max_length=500)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("findings", models.PositiveIntegerField(default=0)),
                ("due", models.DateTimeField(null=True)),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed", models.DateTimeField(default=django.utils.timezone.now)),
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
                    "campaign",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tickets",
                        to="exposure.campaign",
                    ),
                ),
                (
                    "fix",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="exposure.fix"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="organization.person",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="WindowSystem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "system",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="windows", to="estate.system"
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="systems", to="exposure.changewindow"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["aim"], name="exposure_campaign_aim"),
        ),
        migrations.AddConstraint(
            model_name="downtimelimit",
            constraint=models.CheckConstraint(
                condition=models.Q(("most_systems__gte", 1)), name="exposure_downtime_limit_one"
            ),
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["worst_class", "due", "id"], name="exposure_fix_worst"),
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["price_mid", "id"], name="exposure_fix_price"),
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["open_findings", "id"], name="exposure_fix_open"),
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["due", "id"], name="exposure_fix_due"),
        ),
        migrations.AddIndex(
            model_name="fix",
            index=models.Index(fields=["component"], name="exposure_fix_component"),
        ),
        migrations.AddConstraint(
            model_name="campaignfix",
            constraint=models.UniqueConstraint(fields=("campaign", "fix"), name="exposure_campaign_fix_once"),
        ),
        migrations.AddConstraint(
            model_name="fixdecision",
            constraint=models.UniqueConstraint(fields=("system", "fix"), name="exposure_fix_decision_once"),
        ),
        migrations.AddConstraint(
            model_name="freezesystem",
            constraint=models.UniqueConstraint(fields=("freeze", "system"), name="exposure_freeze_system_once"),
        ),
        migrations.AddIndex(
            model_name="monthlyflow",
            index=models.Index(fields=["whole", "month"], name="exposure_flow_month"),
        ),
        migrations.AddIndex(
            model_name="patchjob",
            index=models.Index(fields=["plan", "window", "id"], name="exposure_job_window"),
        ),
        migrations.AddIndex(
            model_name="patchjob",
            index=models.Index(fields=["plan", "why", "id"], name="exposure_job_why"),
        ),
        migrations.AddIndex(
            model_name="patchjob",
            index=models.Index(fields=["plan", "removed", "id"], name="exposure_job_removed"),
        ),
        migrations.AddConstraint(
            model_name="patchrule",
            constraint=models.UniqueConstraint(fields=("system", "rule", "other"), name="exposure_patch_rule_once"),
        ),
        migrations.AddConstraint(
            model_name="patchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("system", models.F("other")), _negated=True), name="exposure_patch_rule_not_itself"
            ),
        ),
        migrations.AddIndex(
            model_name="systemfix",
            index=models.Index(fields=["owner", "worst_class"], name="exposure_sysfix_owner"),
        ),
        migrations.AddConstraint(
            model_name="systemfix",
            constraint=models.UniqueConstraint(fields=("fix", "system"), name="exposure_system_fix_once"),
        ),
        migrations.AddConstraint(
            model_name="systemfix",
            constraint=models.UniqueConstraint(
                condition=models.Q(("system__isnull", True)), fields=("fix",), name="exposure_system_fix_none_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="teamhours",
            constraint=models.UniqueConstraint(fields=("window", "team"), name="exposure_team_hours_once"),
        ),
        migrations.AddConstraint(
            model_name="teamhours",
            constraint=models.CheckConstraint(
                condition=models.Q(("hours__gte", 0)), name="exposure_team_hours_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["reference"], name="exposure_ticket_reference"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("open", "taken"))),
                fields=("fix", "owner"),
                name="exposure_ticket_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="windowsystem",
            constraint=models.UniqueConstraint(fields=("window", "system"), name="exposure_window_system_once"),
        ),
    ]
