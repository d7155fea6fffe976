from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exposure", "0013_lists")]
    operations = [
        migrations.AddField(
            model_name="safeguardrule",
            name="source",
            field=models.CharField(blank=True, max_length=100, default=""),
            preserve_default=False,
        ),
    ]
