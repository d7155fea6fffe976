from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("monitoring", "0013_hit_sources"),
    ]

    operations = [
        migrations.AddField(
            model_name="entityrule",
            name="set_aside",
            field=models.BooleanField(default=False),
        ),
        migrations.RemoveConstraint(
            model_name="entityrule",
            name="monitoring_entity_rule",
        ),
        migrations.AddConstraint(
            model_name="entityrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("set_aside", False)), fields=("entity", "rule"), name="monitoring_entity_rule"
            ),
        ),
    ]
