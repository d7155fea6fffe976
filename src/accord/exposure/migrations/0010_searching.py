from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import accord.exposure.models.searching
from accord.exposure.services import searching


def index(apps: Any, editor: Any) -> None:
    """The full-text indexes, before there are rows; then the words of what is there."""
    searching.install(editor.execute)
    words = accord.exposure.models.searching.words_of
    definition, alias = apps.get_model("exposure", "Definition"), apps.get_model("exposure", "DefinitionAlias")
    aliases: dict[int, list[str]] = {}
    for pk, value in alias.objects.values_list("definition_id", "value").order_by("value").iterator():
        aliases.setdefault(pk, []).append(value)
    model = apps.get_model("exposure", "DefinitionWords")
    told = definition.objects.values_list("pk", "identifier", "title", "description").iterator(chunk_size=1000)
    model.objects.bulk_create(
        (
            model(definition_id=pk, words=" ".join(words((identifier, *aliases.get(pk, ()), title, description))))
            for pk, identifier, title, description in told
        ),
        batch_size=400,
    )
    finding, model = apps.get_model("exposure", "Finding"), apps.get_model("exposure", "ComponentWords")
    names = finding.objects.order_by().exclude(component="").values_list("component", flat=True).distinct()
    rows = (model(name=name, words=" ".join(words([name]))) for name in names.iterator(chunk_size=5000))
    model.objects.bulk_create(rows, batch_size=400)


def unindex(apps: Any, editor: Any) -> None:
    searching.remove(editor.execute)


class Migration(migrations.Migration):
    dependencies = [("exposure", "0009_surfaces")]

    operations = [
        migrations.CreateModel(
            name="ComponentWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=300, unique=True)),
                ("words", accord.exposure.models.searching.WordsField()),
            ],
            options={"verbose_name_plural": "component words"},
        ),
        migrations.CreateModel(
            name="DefinitionWords",
            fields=[
                (
                    "definition",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="exposure.definition",
                    ),
                ),
                ("words", accord.exposure.models.searching.WordsField()),
            ],
            options={"verbose_name_plural": "definition words"},
        ),
        migrations.RunPython(index, unindex),
    ]
