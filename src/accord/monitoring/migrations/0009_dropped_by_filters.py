from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0008_one_holder")]
    operations = [
        migrations.AddField(model_name="ruleday", name="dropped", field=models.PositiveBigIntegerField(default=0)),
    ]
