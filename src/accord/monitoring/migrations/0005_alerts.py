import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_webhooks_and_rounds"),
        ("estate", "0001_initial"),
        ("monitoring", "0004_rules"),
        ("organization", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("text", models.TextField()),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="EntityRisk",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=330, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("host", "Host"), ("user", "User"), ("address", "Address")], max_length=10
                    ),
                ),
                ("name", models.CharField(max_length=300)),
                ("value", models.FloatField(default=0)),
                ("rules", models.PositiveIntegerField(default=0)),
                ("tactics", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("since", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="EntityRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("level", models.CharField(max_length=15)),
                ("tactics", models.JSONField(default=list)),
                ("hits", models.PositiveBigIntegerField(default=0)),
                ("last", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ExceptionDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("hits", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="ExceptionReplay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("conditions", models.JSONField(default=list)),
                ("everywhere", models.BooleanField(default=False)),
                ("rules", models.JSONField(default=list)),
                ("days", models.PositiveSmallIntegerField(default=30)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("done", models.DateTimeField(null=True)),
                ("result", models.JSONField(default=dict)),
                ("proof", models.CharField(blank=True, max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="GroupingWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("length", models.DurationField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="RuleException",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("conditions", models.JSONField(default=list)),
                ("everywhere", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=1000)),
                ("expires", models.DateTimeField()),
                ("told", models.JSONField(default=dict)),
                ("despite", models.CharField(blank=True, max_length=1000)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(null=True)),
                ("dropped", models.PositiveBigIntegerField(default=0)),
                ("last", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SeenHit",
            fields=[
                ("mark", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Silence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("reason", models.CharField(max_length=1000)),
                ("entity_kind", models.CharField(blank=True, max_length=20)),
                ("entity", models.CharField(blank=True, max_length=300)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended", models.DateTimeField(null=True)),
                ("hits", models.PositiveBigIntegerField(default=0)),
                ("last", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SystemStake",
            fields=[
                (
                    "system",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
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
        migrations.AddField(
            model_name="alert",
            name="changed",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="changed_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="escalated_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="escalation",
            field=models.CharField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name="alert",
            name="folded_into",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="folded", to="monitoring.alert"
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="kept",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="kind",
            field=models.CharField(
                choices=[("rule", "Rule"), ("correlation", "Correlation"), ("risk", "Risk of an entity")],
                default="rule",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="revision",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="made_of",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="alert",
            name="risk",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="alert",
            name="score_low",
            field=models.FloatField(default=0),
        ),
        migrations.AddField(
            model_name="alert",
            name="source",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.source"
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="tactics",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="address",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="asked",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="cut",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="group",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="host",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="measure",
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="members",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="alertevent",
            name="user",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AlterField(
            model_name="alert",
            name="rule",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.rule"
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="state",
            field=models.CharField(
                choices=[("new", "New"), ("open", "In triage"), ("closed", "Closed"), ("silenced", "Silenced"),
                    ("folded", "Folded")],
                default="new",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="alert",
            name="version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.ruleversion"
            ),
        ),
        migrations.AddIndex(
            model_name="alertevent",
            index=models.Index(fields=["event"], name="monitoring_hit_event"),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="alert",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="notes", to="monitoring.alert"
            ),
        ),
        migrations.AddField(
            model_name="alertnote",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="entityrisk",
            name="alert",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.alert"
            ),
        ),
        migrations.AddField(
            model_name="entityrisk",
            name="asset",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="estate.asset"
            ),
        ),
        migrations.AddField(
            model_name="entityrule",
            name="alert",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="raised", to="monitoring.alert"
            ),
        ),
        migrations.AddField(
            model_name="entityrule",
            name="entity",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="fired", to="monitoring.entityrisk"
            ),
        ),
        migrations.AddField(
            model_name="entityrule",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="fired_on", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="exceptionday",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="excepted", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="exceptionreplay",
            name="alert",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.alert"
            ),
        ),
        migrations.AddField(
            model_name="exceptionreplay",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="exceptionreplay",
            name="job",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="core.job"
            ),
        ),
        migrations.AddField(
            model_name="groupingwindow",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="groupingwindow",
            name="rule",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="window", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="ruleexception",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="ruleexception",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="ruleexception",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="ruleexception",
            name="rules",
            field=models.ManyToManyField(related_name="exceptions", to="monitoring.rule"),
        ),
        migrations.AddField(
            model_name="exceptionday",
            name="exception",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="days", to="monitoring.ruleexception"
            ),
        ),
        migrations.AddIndex(
            model_name="seenhit",
            index=models.Index(fields=["at"], name="monitoring_seen_at"),
        ),
        migrations.AddField(
            model_name="silence",
            name="asset",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="estate.asset"
            ),
        ),
        migrations.AddField(
            model_name="silence",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="silence",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="silence",
            name="rule",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="silence",
            name="system",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="estate.system"
            ),
        ),
        migrations.AddField(
            model_name="alert",
            name="silence",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.silence"
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state__in", ["new", "open"])),
                fields=["-score", "id"],
                name="monitoring_alert_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["entity_kind", "entity", "-opened"], name="monitoring_alert_entity"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["owner", "state"], name="monitoring_alert_owner"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["system", "opened"], name="monitoring_alert_system"),
        ),
        migrations.AddIndex(
            model_name="entityrisk",
            index=models.Index(fields=["-value", "id"], name="monitoring_entity_risk"),
        ),
        migrations.AddIndex(
            model_name="entityrule",
            index=models.Index(fields=["last"], name="monitoring_entity_last"),
        ),
        migrations.AddConstraint(
            model_name="entityrule",
            constraint=models.UniqueConstraint(fields=("entity", "rule"), name="monitoring_entity_rule"),
        ),
        migrations.AddIndex(
            model_name="exceptionreplay",
            index=models.Index(fields=["digest", "done"], name="monitoring_replay_digest"),
        ),
        migrations.AddIndex(
            model_name="ruleexception",
            index=models.Index(fields=["ended", "expires"], name="monitoring_exception_live"),
        ),
        migrations.AddConstraint(
            model_name="exceptionday",
            constraint=models.UniqueConstraint(fields=("exception", "rule", "day"), name="monitoring_exception_day"),
        ),
        migrations.AddIndex(
            model_name="silence",
            index=models.Index(fields=["until", "since"], name="monitoring_silence_time"),
        ),
    ]
