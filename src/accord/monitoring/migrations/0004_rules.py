import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_storing"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="RuleCollection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pack", "Comes with Accord"),
                            ("folder", "Folder on the server"),
                            ("archive", "Archive"),
                        ],
                        max_length=10,
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=500)),
                ("counts", models.JSONField(default=dict)),
                ("imported", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="RuleDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("hits", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="RuleFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=300)),
                ("line", models.PositiveIntegerField(null=True)),
                ("problem", models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name="RulePolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivered", models.BooleanField(default=False)),
                ("products", models.JSONField(default=list)),
                ("level", models.CharField(blank=True, max_length=15)),
                ("statuses", models.JSONField(default=list)),
                ("collections", models.JSONField(default=list)),
                ("applied", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="RuleProgram",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("versions", models.JSONField(default=list)),
                ("quiet", models.JSONField(default=list)),
                ("changes", models.PositiveBigIntegerField(default=0)),
                ("compiled_at", models.PositiveBigIntegerField(default=0)),
                ("made", models.DateTimeField(null=True)),
                ("seconds", models.FloatField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RuleScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("window", models.PositiveSmallIntegerField()),
                ("hits", models.PositiveBigIntegerField(default=0)),
                ("alerts", models.PositiveIntegerField(default=0)),
                ("true", models.PositiveIntegerField(default=0)),
                ("benign", models.PositiveIntegerField(default=0)),
                ("false", models.PositiveIntegerField(default=0)),
                ("duplicate", models.PositiveIntegerField(default=0)),
                ("precision", models.FloatField(null=True)),
                ("precision_low", models.FloatField(null=True)),
                ("precision_high", models.FloatField(null=True)),
                ("minutes", models.FloatField(default=0)),
                ("cost", models.DecimalField(blank=True, decimal_places=2, max_digits=17, null=True)),
                (
                    "advice",
                    models.CharField(
                        blank=True, choices=[("keep", "Keep"), ("tune", "Tune"), ("retire", "Retire")], max_length=10
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("made", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="RuleTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("matches", models.BooleanField()),
                ("least", models.PositiveIntegerField(default=1)),
                ("events", models.JSONField(default=list)),
                ("origin", models.CharField(blank=True, max_length=300)),
                (
                    "outcome",
                    models.CharField(
                        choices=[("passed", "Passed"), ("failed", "Failed"), ("open", "Not run yet")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("told", models.CharField(blank=True, max_length=500)),
                ("ran", models.DateTimeField(null=True)),
                ("created", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="rule",
            name="confirmed",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rule",
            name="course",
            field=models.CharField(
                blank=True, choices=[("keep", "Keep"), ("tune", "Tune"), ("retire", "Retire")], max_length=10
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="course_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="rule",
            name="course_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="course_note",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="rule",
            name="is_filter",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="rule",
            name="needs",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="rule",
            name="name",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="rule",
            name="offered",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="monitoring.ruleversion"
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="offered_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("local", "The text was changed here"),
                    ("tests", "It fails its tests"),
                    ("broken", "It cannot be run"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="rule",
            name="path",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="rule",
            name="pinned",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="rule",
            name="status",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="rule",
            name="tests",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rule",
            name="tests_failed",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="rule",
            name="upstream",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="rule",
            name="vanished",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="rule",
            index=models.Index(fields=["name"], name="monitoring_rule_name"),
        ),
        migrations.AddIndex(
            model_name="rule",
            index=models.Index(fields=["collection", "path"], name="monitoring_rule_collection"),
        ),
        migrations.AddField(
            model_name="rulecollection",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="ruleday",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="days", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="rulefault",
            name="collection",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="faults", to="monitoring.rulecollection"
            ),
        ),
        migrations.AddField(
            model_name="rulepolicy",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="rulescore",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="scores", to="monitoring.rule"
            ),
        ),
        migrations.AddField(
            model_name="ruletest",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="ruletest",
            name="rule",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="monitoring.rule"
            ),
        ),
        migrations.AddIndex(
            model_name="ruleday",
            index=models.Index(fields=["day"], name="monitoring_rule_days"),
        ),
        migrations.AddConstraint(
            model_name="ruleday",
            constraint=models.UniqueConstraint(fields=("rule", "day"), name="monitoring_rule_day"),
        ),
        migrations.AddIndex(
            model_name="rulefault",
            index=models.Index(fields=["collection", "path"], name="monitoring_fault_path"),
        ),
        migrations.AddConstraint(
            model_name="rulescore",
            constraint=models.UniqueConstraint(fields=("rule", "window"), name="monitoring_rule_score"),
        ),
        migrations.AddConstraint(
            model_name="ruletest",
            constraint=models.UniqueConstraint(fields=("rule", "name"), name="monitoring_rule_test"),
        ),
    ]
