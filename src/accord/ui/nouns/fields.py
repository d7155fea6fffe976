"""From a noun's columns to list columns, filters and cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

from accord.core import nouns
from accord.core.nouns import Column, Noun
from accord.core.values import Kind
from accord.ui import badges
from accord.ui.lists import ListColumn, ListFilter, choice, reference, yes_no
from accord.ui.nouns.address import link_to

UNSORTED = frozenset({Kind.LONG, Kind.LIST})
KINDS: dict[Kind, Any] = {Kind.CHOICE: "badge"}


def list_column(noun: Noun, column: Column, *, shown: bool = True) -> ListColumn:
    """One column of the noun as a list column; references show the other's title and link to its page."""
    kind = KINDS.get(column.kind, column.kind.value)
    sort = None if column.kind in UNSORTED else column.attribute
    if column.kind is Kind.REF:
        target = nouns.find(column.noun)
        return ListColumn(
            column.name, column.title, value=column.attribute, kind="ref", sort=f"{column.attribute}__key",
            link=_ref_link(target, column), help=column.help, hidden=not shown, blank=column.blank,
        )  # fmt: skip
    family = ""
    if column.kind is Kind.CHOICE:
        family = f"{noun.name}.{column.name}"
        _choice_family(family, column)
    return ListColumn(
        column.name, column.title, value=column.attribute, kind=kind, sort=sort, badge=family,
        help=column.help, hidden=not shown, blank=column.blank, unit=unit_of(column),
    )  # fmt: skip


def unit_of(column: Column) -> str:
    """What the figures of a column count, or the zone of its times; "" where its title or the figure itself says it."""
    if column.zoned:
        return str(settings.TIME_ZONE)
    said = column.kind in (Kind.MONEY, Kind.SHARE) or column.unit.casefold() in column.title.casefold()
    return "" if said else column.unit


def list_columns(noun: Noun, most: int = 9) -> list[ListColumn]:
    """The noun's columns as a list shows them: `most` on screen, all on the API; long texts only there."""
    columns: list[ListColumn] = []
    for column in noun.columns:
        shown = column.kind is not Kind.LONG and sum(not c.hidden for c in columns) < most
        columns.append(list_column(noun, column, shown=shown))
    return columns


def list_filters(noun: Noun) -> list[ListFilter]:
    """Filters by the noun's choices, yes/no columns and references."""
    found: list[ListFilter] = []
    for column in noun.columns:
        optional = not (column.required or column.key)
        if column.kind is Kind.CHOICE:
            found.append(choice(column.name, column.title, column.choices, column.attribute, blank=optional))
        elif column.kind is Kind.BOOL:
            found.append(yes_no(column.name, column.title, column.attribute, nullable=optional))
        elif column.kind is Kind.REF:
            path = f"{column.attribute}__key"
            found.append(reference(column.name, column.title, path, nullable=optional, noun=column.noun))
    return found


def search_paths(noun: Noun) -> list[str]:
    """Where the search box looks: the keys and the title, in the noun itself and in what a link joins."""
    paths = []
    for column in noun.columns:
        if column.kind is Kind.REF and column.key:
            paths.append(f"{column.attribute}__key")
        elif column.kind is Kind.KEY or (column.key and column.kind is Kind.TEXT) or column.name == noun.title:
            paths.append(column.attribute)
    return list(dict.fromkeys(paths))


def _ref_link(target: Noun | None, column: Column) -> Callable[[Any], str | None]:
    def link(row: Any) -> str | None:
        return link_to(target, getattr(row, column.attribute)) if target is not None else None

    return link


def _choice_family(family: str, column: Column) -> None:
    """Badges of a choice column: those of the design system where the words agree, neutral ones otherwise."""
    if family in badges.FAMILIES:
        return
    noun = family.partition(".")[0]
    known = {**badges.FAMILIES.get(noun, {}), **badges.FAMILIES.get(column.name, {})}
    badges.register(family, {value: known.get(value, badges.Badge(label)) for value, label in column.choices})
