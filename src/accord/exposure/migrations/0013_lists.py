from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exposure", "0012_pace")]
    operations = []
