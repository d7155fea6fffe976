"""Table nouns: one declaration per noun from which come import, export, forms, lists, the API and snapshots.

A room's `nouns.py` builds `Noun` objects over its models and hands them to `register`. A column that
refers to another noun is a foreign key on the model and that noun's key in files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db.models import Model, QuerySet

from accord.core.errors import Problem
from accord.core.values import Kind, render

Row = Mapping[str, Any]
RowCheck = Callable[[Row], Iterable[tuple[str, str, str]]]
"""A check of one row: yields (column, reason, remedy)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `field` is the model's field where its name differs; `noun` the noun that a ref points to.

    `blank` says what an empty value means where it is not simply unknown; `back` heads the table of these rows
    on the page of the object that a ref points to. `zoned` says that it is a time of day in the organization's zone,
    which screens name beside its label.
    """

    name: str
    kind: Kind = Kind.TEXT
    label: str = ""
    help: str = ""
    required: bool = False
    key: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    noun: str = ""
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    field: str = ""
    max_length: int = 300
    blank: str = ""
    back: str = ""
    zoned: bool = False

    @property
    def attribute(self) -> str:
        """The name of the model's field."""
        return self.field or self.name

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun that lives in one table.

    `share_of` names the column whose rows' shares must sum to at most 1 (the share column is `share`);
    `tree` names a column that refers to the noun itself and must not run in circles.
    `title` is the column that a person knows the object by. `one` is what one row is called where the noun is what all
    rows together are.
    """

    name: str
    plural: str
    model_label: str
    columns: tuple[Column, ...]
    title: str = "name"
    description: str = ""
    share_of: str = ""
    tree: str = ""
    row_checks: tuple[RowCheck, ...] = ()
    order: int = 100
    one: str = ""
    _by_name: dict[str, Column] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_name.update({c.name: c for c in self.columns})

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.model_label)

    @property
    def label(self) -> str:
        return self.one or self.name.replace("_", " ")

    @property
    def label_plural(self) -> str:
        return self.plural.replace("_", " ")

    @property
    def key_columns(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.key)

    @property
    def is_link(self) -> bool:
        """True when the key is made of several columns: the noun links or details others."""
        return len(self.key_columns) > 1

    def column(self, name: str) -> Column:
        return self._by_name[name]

    def has(self, name: str) -> bool:
        return name in self._by_name

    def key_of(self, row: Row) -> str:
        """The key of a row: its one key, or the parts joined by " → " in the order of the columns."""
        return " → ".join(render(row[c.name]) for c in self.key_columns)

    def queryset(self) -> QuerySet[Any]:
        refs = [c.attribute for c in self.columns if c.kind is Kind.REF]
        return self.model._default_manager.select_related(*refs) if refs else self.model._default_manager.all()

    def row(self, thing: Model) -> dict[str, Any]:
        """The object as a row: typed values, refs as the other noun's key, "" of texts as None."""
        return {c.name: cell(c, getattr(thing, c.attribute)) for c in self.columns}

    def rows(self, queryset: QuerySet[Any] | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
        """(primary key, row) of each object in order of primary key, read in chunks without building models."""
        names = [c.attribute + ("__key" if c.kind is Kind.REF else "") for c in self.columns]
        base = self.model._default_manager.all() if queryset is None else queryset
        for pk, *values in base.order_by("pk").values_list("pk", *names).iterator(chunk_size=2000):
            yield pk, {c.name: cell(c, v) for c, v in zip(self.columns, values, strict=True)}


def cell(column: Column, value: Any) -> Any:
    """One value as it stands in a row."""
    if isinstance(value, Model):
        return getattr(value, "key")  # noqa: B009 - every noun that is referred to has a key
    if column.kind is Kind.LIST:
        return list(value or ())
    return None if value == "" else value


_registry: dict[str, Noun] = {}


def register(*nouns: Noun) -> None:
    """Make nouns known; called by the room's app when it is ready. Twice the same name is an error."""
    for noun in nouns:
        if _registry.get(noun.name, noun) != noun:
            raise ValueError(f"two nouns are called {noun.name}")
        _registry[noun.name] = noun


def get(name: str) -> Noun:
    return _registry[name]


def find(name: str) -> Noun | None:
    return _registry.get(name)


def everything() -> list[Noun]:
    """All nouns in an order in which what is referred to comes first."""
    done: dict[str, Noun] = {}

    def visit(noun: Noun) -> None:
        if noun.name in done:
            return
        for column in noun.columns:
            if column.kind is Kind.REF and column.noun != noun.name:
                visit(get(column.noun))
        done[noun.name] = noun

    for noun in sorted(_registry.values(), key=lambda n: (n.order, n.name)):
        visit(noun)
    return list(done.values())


def problem_of(noun: Noun, number: int | None, column: str, reason: str, remedy: str) -> Problem:
    return Problem(number, column, reason, remedy, noun.name)
