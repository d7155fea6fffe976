from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial")]
    operations = [
        migrations.AddField("source", "refused", models.BigIntegerField(default=0)),
        migrations.AddField("source", "repeats", models.BigIntegerField(default=0)),
        migrations.AddField("source", "heard", models.DateTimeField(null=True)),
        migrations.AddField("source", "intake", models.JSONField(default=dict)),
        migrations.CreateModel(
            name="Collector",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, unique=True)),
                ("started", models.DateTimeField()),
                ("seen", models.DateTimeField()),
                ("paused", models.CharField(blank=True, max_length=300)),
                ("free", models.BigIntegerField(null=True)),
            ],
        ),
    ]
