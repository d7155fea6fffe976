from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


def _partial(name: str, fields: list[str], condition: Q) -> list[Any]:
    """The index holds the rows that fit, and no others."""
    index = models.Index(fields=fields, name=name, condition=condition)
    return [migrations.RemoveIndex("finding", name), migrations.AddIndex("finding", index)]


def _unchecked(name: str, to: str) -> Any:
    """What is never deleted is not looked up for every row that is written."""
    reference: Any = models.ForeignKey(
        to, on_delete=django.db.models.deletion.PROTECT, related_name="findings", db_index=False, db_constraint=False
    )
    return migrations.AlterField("finding", name, reference)


class Migration(migrations.Migration):
    dependencies = [("exposure", "0014_scanned_by")]
    operations = [
        migrations.RemoveIndex("finding", "exposure_f_asset"),
        migrations.AddIndex(
            "finding", models.Index(fields=["asset", "rank", "id", "severity"], name="exposure_f_asset")
        ),
        *_partial("exposure_f_state", ["state", "rank", "id", "asset"], ~Q(state="open")),
        *_partial("exposure_f_component", ["component", "rank"], ~Q(component="")),
        _unchecked("definition", "exposure.definition"),
        _unchecked("target", "exposure.target"),
    ]
