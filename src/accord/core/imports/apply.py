"""The write: a difference lands whole, in one transaction, with a ledger entry per object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import ProtectedError, QuerySet

from accord.core import events, ledger, nouns
from accord.core.errors import Problem, Refused
from accord.core.imports.compare import Change, Difference, SourceTable, TextRow, TextTable, compare
from accord.core.models import User
from accord.core.nouns import Column, Noun
from accord.core.values import Kind, render

TEXT_KINDS = {Kind.KEY, Kind.TEXT, Kind.LONG, Kind.CHOICE, Kind.QUARTER}


def import_tables(
    actor: User, tables: Iterable[SourceTable], *, batch: str = "", expected: str | None = None
) -> Difference:
    """Compare and apply in one transaction; `Refused` if any row is, or if it is not what was `expected`.

    `expected` is the `Difference.digest()` of the dry run that a person looked at.
    """
    held = list(tables)
    with ledger.write(actor, batch) as log:
        found = compare(held)
        if found.refused:
            raise Refused(*found.refused)
        if expected is not None and found.digest() != expected:
            raise Refused("What is there has changed since the preview. Look at the new preview and try again.")
        apply(actor, found, log)
    return found


def apply(actor: User, found: Difference, log: ledger.Log) -> None:
    """Write a difference inside the caller's `ledger.write` block."""
    by_noun: dict[str, list[Change]] = defaultdict(list)
    for change in (*found.added, *found.changed):
        by_noun[change.noun].append(change)
    for noun in nouns.everything():
        if changes := by_noun.get(noun.name):
            _write(noun, changes)
            for change in changes:
                verb = "add" if change.before is None else "change"
                log.add(verb, noun.name, change.key, change.before, change.after)
    for noun in nouns.everything():
        if changes := by_noun.get(noun.name):
            events.rows_written.send(noun=noun.name, changes=changes, actor=actor)


def _write(noun: Noun, changes: list[Change]) -> None:
    ids = _ids_of_refs(noun, changes)
    added = [c for c in changes if c.before is None]
    changed = [c for c in changes if c.before is not None]
    own = [c for c in noun.columns if c.kind is Kind.REF and c.noun == noun.name and not c.key]
    if added:
        plain = [c for c in noun.columns if c not in own]
        fresh = [noun.model(**dict(_fields(plain, change.after, ids))) for change in added]
        made = noun.model._default_manager.bulk_create(fresh, batch_size=500)
        for column in own:
            new = {change.key: thing.pk for change, thing in zip(added, made, strict=True)}
            lookup = {**ids.get(noun.name, {}), **new}
            late = []
            for change, thing in zip(added, made, strict=True):
                if change.after[column.name] is not None:
                    setattr(thing, f"{column.attribute}_id", lookup[change.after[column.name]])
                    late.append(thing)
            noun.model._default_manager.bulk_update(late, [column.attribute], batch_size=200)
    if changed:
        ids = _ids_of_refs(noun, changed)
        things = [noun.model(pk=c.pk, **dict(_fields(noun.columns, c.after, ids))) for c in changed]
        touched = {name for c in changed for name in c.columns}
        names = [c.attribute for c in noun.columns if c.name in touched]
        noun.model._default_manager.bulk_update(things, names, batch_size=200)


def _fields(columns: Iterable[Column], row: Mapping[str, Any], ids: dict[str, dict[str, Any]]) -> Iterator[Any]:
    for column in columns:
        value = row[column.name]
        if column.kind is Kind.REF:
            yield f"{column.attribute}_id", None if value is None else ids[column.noun][value]
        elif value is None and column.kind in TEXT_KINDS:
            yield column.attribute, ""
        else:
            yield column.attribute, value


def _ids_of_refs(noun: Noun, changes: list[Change]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for column in noun.columns:
        if column.kind is not Kind.REF:
            continue
        wanted = {c.after[column.name] for c in changes if c.after[column.name] is not None}
        pairs = nouns.get(column.noun).model._default_manager.values_list("key", "pk")
        if len(wanted) <= 400:
            pairs = pairs.filter(key__in=wanted)
        found.setdefault(column.noun, {}).update(dict(pairs))
    return found


def save_row(
    actor: User, noun: Noun, values: Mapping[str, str], *, expected: Mapping[str, Any] | None = None
) -> Difference:
    """Add or change one object from texts by column; `Refused` names the columns that do not fit.

    `expected` is the row that the person saw: if it has changed since, the write is refused, not lost.
    """
    table = TextTable(noun.name, list(values), [TextRow(1, values)])
    with ledger.write(actor) as log:
        found = compare([table])
        if found.refused:
            raise Refused(*(Problem(None, p.column, p.reason, p.remedy) for p in found.refused))
        for change in found.changed:
            if expected is not None and ledger.canonical(change.before) != ledger.canonical(dict(expected)):
                raise Refused("Somebody changed it while you were looking. Reload to see what is there now.")
        apply(actor, found, log)
    return found


def remove(actor: User, noun: Noun, thing: Any) -> None:
    """Take one object out; `Refused` names what still refers to it."""
    with ledger.write(actor) as log:
        row = noun.row(thing)
        key = noun.key_of(row)
        try:
            thing.delete()
        except ProtectedError as error:
            names = sorted({str(o._meta.verbose_name) for o in error.protected_objects})
            raise Refused(f"{key} is still used by: {', '.join(names)}. Remove or change those first.") from None
        log.add("remove", noun.name, key, row, None)
        change = Change(noun.name, key, 0, row, {}, None)
        events.rows_written.send(noun=noun.name, changes=[change], actor=actor)


def export_tables(
    names: Iterable[str] | None = None, scope: Mapping[str, QuerySet[Any]] | None = None
) -> Iterator[tuple[str, list[str], Iterator[list[str]]]]:
    """(noun, columns, rows of text) of each noun, in an order in which an import can follow the references."""
    wanted = set(names) if names is not None else None
    for noun in nouns.everything():
        if wanted is None or noun.name in wanted:
            columns = [c.name for c in noun.columns]
            queryset = (scope or {}).get(noun.name)
            yield noun.name, columns, ([render(v) for v in row.values()] for _, row in noun.rows(queryset))
