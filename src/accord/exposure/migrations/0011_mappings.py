from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("exposure", "0010_searching")]

    operations = []
