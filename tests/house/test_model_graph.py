"""A foreign key counts as an import: the graph of models keeps the same order as the imports."""

from __future__ import annotations

import accord_source
from django.apps import apps
from django.db.models import Field, Model


def _relations() -> list[tuple[type[Model], str, type[Model]]]:
    """Model, field and target of each relation between Accord's own models, also those given as a string."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields(include_hidden=True):
            if isinstance(field, Field) and field.is_relation and field.related_model:
                found.append((model, field.name, field.related_model))
    return found


def _room(model: type[Model]) -> str | None:
    parts = model.__module__.split(".")
    return parts[1] if parts[0] == "accord" else None


def test_relations_point_down() -> None:
    wrong = []
    for model, field, target in _relations():
        here, there = _room(model), _room(target)
        if here is None or there is None or here == there:
            continue
        if accord_source.depth(here) >= accord_source.depth(there):
            wrong.append(f"{model._meta.label}.{field} → {target._meta.label}")
    assert not wrong, "Relations that point up or across:\n" + "\n".join(wrong)


def test_there_are_relations_to_check() -> None:
    assert any(_room(model) and _room(target) for model, _, target in _relations())


def test_apps_are_rooms() -> None:
    """Each of Accord's apps is `accord.<room>` with the label `<room>`, and has a place in the order."""
    for config in apps.get_app_configs():
        if config.name.startswith("accord."):
            room = config.name.removeprefix("accord.")
            assert config.label == room
            assert accord_source.depth(room) >= 0


def test_third_parties_do_not_point_into_rooms_but_to_the_account() -> None:
    """What other packages store may name an account and no other object of ours."""
    for model, field, target in _relations():
        if _room(model) is None and _room(target) is not None:
            assert target._meta.label == "core.User", f"{model._meta.label}.{field} → {target._meta.label}"
