from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from accord.exposure.services import tables


def leave_room(apps: Any, schema_editor: Any) -> None:
    """Half of each page is left free."""
    tables.leave_room(schema_editor.execute)


def nothing(apps: Any, schema_editor: Any) -> None:
    """The room may stay."""


def _unchecked(null: bool = False) -> Any:
    return models.ForeignKey(
        db_constraint=False, db_index=False, null=null, on_delete=django.db.models.deletion.PROTECT,
        related_name="+", to="exposure.scan",
    )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("exposure", "0004_states")]

    operations = [
        migrations.CreateModel(
            name="ImportJournal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("rows", models.PositiveIntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("digest", models.CharField(max_length=64)),
                ("data", models.BinaryField()),
                (
                    "scan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="journal",
                        to="exposure.scan",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["first", "last"], name="exposure_journal_range")],
                "constraints": [models.UniqueConstraint(fields=("scan", "number"), name="exposure_journal_once")],
            },
        ),
        migrations.AddField("finding", "content", models.BigIntegerField(null=True)),
        migrations.AlterField("finding", "fingerprint", models.CharField(max_length=64)),
        migrations.AlterField("finding", "first_scan", _unchecked()),
        migrations.AlterField("finding", "last_scan", _unchecked()),
        migrations.AlterField("finding", "closed_by", _unchecked(null=True)),
        migrations.AddConstraint(
            "finding", models.UniqueConstraint(fields=("fingerprint",), name="exposure_finding_once")
        ),
        migrations.RunPython(leave_room, nothing),
    ]
