import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("estate", "0001_initial"),
        ("monitoring", "0010_bulk_acts"),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="asset_by",
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name="source",
            name="asset",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="estate.asset"
            ),
        ),
    ]
