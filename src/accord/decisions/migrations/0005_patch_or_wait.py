from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_robustness")]

    operations = []
