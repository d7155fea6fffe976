from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0007_daily")]
    operations = [
        migrations.AddField(
            model_name="pumpstate", name="holder", field=models.CharField(blank=True, max_length=300),
            preserve_default=True,
        ),
    ]  # fmt: skip
