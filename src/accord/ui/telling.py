"""How a value that the ledger keeps is told to a reader: by the column of its noun, else by the field of its model.

The ledger keeps codes and ISO 8601 texts, since its hashes cover the very bytes; histories tell them as every screen
does: choices by their label, dates by the house's form, booleans as yes or no, numbers with separators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model

from accord.core import nouns
from accord.core.values import Kind, render
from accord.ui import format as write

ACRONYMS = frozenset({
    "cio", "ciso", "cpe", "cve", "cvss", "cwe", "epss", "fte", "http", "https", "it", "kev", "mfa", "pdf", "rpo", "rto",
    "sha256", "tcp", "udp", "url", "vex",
})  # fmt: skip
WORDS = frozenset({
    "action", "course", "dissent_role", "effect", "ended", "form", "justification", "kind", "level", "outcome", "role",
    "scope", "severity", "state", "status", "verb", "verdict",
})  # fmt: skip
"""Fields that hold a code also where neither a noun nor a model says which there are."""
LONGEST = 300
THOUSAND = 1000
"""From here on, what stands after the point is not told."""
WRITTEN = {Kind.MONEY, Kind.SHARE, Kind.INT, Kind.DECIMAL}
NUMBERED = frozenset({"line", "number", "part", "port", "scan", "year"})
"""Fields whose whole number names something: written without separators."""
CODE = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*(Z|[+-]\d\d:?\d\d)")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
_models: dict[str, str] = {}


def register(models: Mapping[str, str]) -> None:
    """Say which model ("app.Model") a noun of the ledger stands for, where its name does not say it."""
    _models.update(models)


def label(name: str) -> str:
    """The name of a field as the head of its line."""
    text = " ".join(word.upper() if word in ACRONYMS else word for word in name.split("_"))
    return text[:1].upper() + text[1:]


def told(noun: str, name: str, value: Any) -> str:
    """What a history shows of `value`, the field `name` of the ledger's `noun`; "" for nothing. At most 300 characters.

    A reference is told as the ledger has it: by the key that it had then.
    """
    found = nouns.find(noun)
    column = found.column(name) if found is not None and found.has(name) else None
    if value is None or value == "" or (column is not None and value == []):  # an empty list of a column is unknown
        return column.blank if column is not None else ""
    labels = dict(column.choices) if column is not None and column.choices else _labels(noun, name)
    return _shown(name, value, labels, column)[:LONGEST]


def _shown(name: str, value: Any, labels: Mapping[str, str], column: nouns.Column | None = None) -> str:
    if value is None or value == "":
        return "none"
    if not isinstance(value, Mapping | list | tuple) and str(value) in labels:
        return labels[str(value)]
    if isinstance(value, bool):
        return write.yes_no(value)
    if isinstance(value, Mapping):
        parts = (f"{labels.get(str(k), _name(str(k)))}: {_shown(str(k), v, {})}" for k, v in value.items())
        return "; ".join(parts) or "none"
    if isinstance(value, list | tuple):
        return _several(name, value, labels)
    if column is not None and column.kind in WRITTEN and name not in NUMBERED:
        try:
            if column.kind is Kind.MONEY:
                return write.money(value)
            unit = column.unit if column.kind is not Kind.SHARE else ""
            return write.plain(column.kind.value, value) + (f"{write.NBSP}{unit}" if unit else "")
        except (ValueError, TypeError, ArithmeticError):
            return render(value)
    if isinstance(value, int | float):
        bare = name in NUMBERED or abs(value) >= 10**15
        return str(value) if bare else write.number(value, 0 if abs(value) >= THOUSAND else None)
    return _text(name, str(value)) if column is None or column.kind in {Kind.DATE, Kind.CHOICE} else render(value)


def _several(name: str, values: Sequence[Any], labels: Mapping[str, str]) -> str:
    texts = [_shown(name, one, labels) for one in values]
    if any(isinstance(one, Mapping | list | tuple) for one in values):
        return "; ".join(f"({text})" for text in texts)
    return "; ".join(texts) or "none"


def _text(name: str, text: str) -> str:
    try:
        if MOMENT.fullmatch(text):
            return write.datetime(text.replace(" ", "T", 1))
        if DAY.fullmatch(text):
            return write.date(text)
    except ValueError:  # it looks like a date and is none
        return text
    return label(text) if name in WORDS and CODE.fullmatch(text) else write.dated(text)


def _name(text: str) -> str:
    """The name of a part: a code in words, anything else (a key, an address) as it stands."""
    return label(text) if CODE.fullmatch(text) and not text.isdigit() else text


@cache
def _by_name() -> dict[str, type[Model] | None]:
    found: dict[str, type[Model] | None] = {}
    for model in apps.get_models():
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", model.__name__).lower()
        found[name] = None if name in found else model
    return found


def model_of(noun: str) -> type[Model] | None:
    """The model whose rows a noun of the ledger tells of; None where it is no model's or more than one's."""
    declared = nouns.find(noun)
    if declared is not None:
        return declared.model
    return apps.get_model(_models[noun]) if noun in _models else _by_name().get(noun)


@cache
def _labels(noun: str, name: str) -> Mapping[str, str]:
    """Code → label of a field of the noun's model; nothing where it has no such field or no choices."""
    model = model_of(noun)
    for field in model._meta.fields if model is not None else ():
        if field.name == name and field.choices:
            return {str(code): str(words) for code, words in field.flatchoices if code not in (None, "")}
    return {}
