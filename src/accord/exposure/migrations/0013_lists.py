from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("exposure", "0012_pace")]
    operations = [
        migrations.AddIndex(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("due__isnull", False), ("rank__isnull", False)),
                fields=["due", "id"],
                name="exposure_f_due",
            ),
        ),
    ]
