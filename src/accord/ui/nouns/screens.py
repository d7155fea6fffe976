"""What a room may say about the screens of one of its nouns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accord.core.nouns import Noun
from accord.core.permissions import scoped
from accord.core.statements import Statement
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec
from accord.ui.nouns.address import link_to, remember
from accord.ui.nouns.fields import list_columns, list_filters, search_paths

_known: dict[str, NounScreens] = {}


@dataclass(frozen=True, slots=True)
class Related:
    """A table of rows that belong to an object: those of `noun` whose column `through` refers to it."""

    noun: str
    through: str
    title: str = ""
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class NounScreens:
    """The screens of one noun.

    namespace:  URL namespace of the room.
    rows:       request → rows the user may see, with the references selected; by default the noun's, scoped.
    columns, filters, search, default_sort, empty, intro: as in ListSpec; by default from the noun's columns.
    extra_columns: columns added after the noun's own (annotations of `rows`).
    statements: (request, object) → cards above the facts.
    related:    the tables below the facts; by default every noun that refers to this one.
    context:    (request, object) → more for the detail page's template.
    detail_template, form_template, list_template: an own template extending the kit's.
    actions:    (request, object) → further buttons (label, address, tone) of the detail page.
    path:       the first part of the routes; by default the noun's plural.
    """

    noun: Noun
    namespace: str
    rows: Callable[[HttpRequest], QuerySet[Any]] | None = None
    columns: Sequence[ListColumn] = ()
    extra_columns: Sequence[ListColumn] = ()
    filters: Sequence[ListFilter] | None = None
    extra_filters: Sequence[ListFilter] = ()
    search: Sequence[str] = ()
    default_sort: str = ""
    empty: Empty | None = None
    intro: str = ""
    statements: Callable[[HttpRequest, Any], Iterable[Statement]] | None = None
    related: Sequence[Related] | None = None
    context: Callable[[HttpRequest, Any], Mapping[str, object]] | None = None
    actions: Callable[[HttpRequest, Any], Iterable[tuple[str, str, str]]] | None = None
    list_template: str = "ui/noun/list.html"
    detail_template: str = "ui/noun/detail.html"
    form_template: str = "ui/noun/form.html"
    path: str = ""
    list_context: Callable[[HttpRequest], Mapping[str, object]] | None = None
    list_actions: Sequence[tuple[str, str, str, str]] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        remember(self.noun.name, self.namespace)
        _known[self.noun.name] = self

    @property
    def prefix(self) -> str:
        """The first part of the routes."""
        return self.path or self.noun.plural.replace("_", "-").replace(" ", "-")

    @property
    def title(self) -> str:
        """The plural as a heading."""
        return self.noun.label_plural[:1].upper() + self.noun.label_plural[1:]

    @property
    def singular(self) -> str:
        """The name of one as a heading."""
        return self.noun.label[:1].upper() + self.noun.label[1:]

    def visible(self, request: HttpRequest, verb: str = "view") -> QuerySet[Any]:
        """The rows that the user may see (or change, run …)."""
        if self.rows is not None and verb == "view":
            return self.rows(request)
        return scoped(request.user, self.noun.name, self.noun.queryset(), verb)

    def title_of(self, thing: Model) -> str:
        """What a person calls the object."""
        if self.noun.has(self.noun.title):
            name = getattr(thing, self.noun.column(self.noun.title).attribute)
            if name and not isinstance(name, Model):
                return str(name)
        return " → ".join(str(getattr(thing, column.attribute)) for column in self.noun.key_columns)

    @cached_property
    def list(self) -> ListSpec:
        """The list of this noun, for the screen and for the API."""
        noun = self.noun
        columns = [*(self.columns or list_columns(noun)), *self.extra_columns]
        filters = [*(list_filters(noun) if self.filters is None else self.filters), *self.extra_filters]
        key = noun.key_columns[0].name
        sortable = {column.name for column in columns if column.sort}
        return ListSpec(
            noun=noun.name,
            title=self.title,
            rows=self.visible,
            columns=columns,
            filters=filters,
            search=self.search or search_paths(noun),
            default_sort=self.default_sort or (key if key in sortable else ""),
            empty=self.empty or self._empty(),
            intro=self.intro or noun.description,
            link=lambda row: link_to(noun, row),
            actions=[
                (
                    f"Add {_article(noun.label)} {noun.label}",
                    f"{self.namespace}:{noun.name}_new",
                    "change",
                    noun.name,
                ),
                *self.list_actions,
            ],
            template=self.list_template,
            context=self.list_context,
            search_label=f"Search {noun.label_plural}",
        )

    def _empty(self) -> Empty:
        noun = self.noun
        return Empty(
            f"Import the table {noun.name} as CSV or XLSX, or add the first {noun.label} by hand.",
            f"Add {_article(noun.label)} {noun.label}", f"{self.namespace}:{noun.name}_new",
        )  # fmt: skip


def screens_of(noun: str) -> NounScreens | None:
    """The screens that a room declared for a noun."""
    return _known.get(noun)


def _article(label: str) -> str:
    return "an" if label[:1].lower() in "aeio" else "a"
