"""Keeps the words of weaknesses and components, and the full-text index over them, in step with what they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from accord.core import jobs
from accord.core.models import Job
from accord.exposure.models import ComponentWords, Definition, DefinitionAlias, DefinitionWords, Finding, TotalExposure
from accord.exposure.models.searching import words_of
from accord.exposure.services import bulk

KIND = "exposure.search"
FEW = 5000
"""With at most so many open findings new components are noted in the transaction that lands the scan."""
CHUNK = 1000
Execute = Callable[[str], object]
TABLES = {"exposure_definitionwords": "definition_id", "exposure_componentwords": "id"}


def install(execute: Execute) -> None:
    """Make the full-text index over the words (inside a migration, or to mend it): FTS5 with triggers, or GIN."""
    remove(execute)
    for table, key in TABLES.items():
        for statement in _sqlite(table, key) if connection.vendor == "sqlite" else _postgresql(table):
            execute(statement)


def remove(execute: Execute) -> None:
    """Take the index away."""
    for table in TABLES:
        if connection.vendor == "sqlite":
            for event in ("insert", "delete", "update"):
                execute(f"DROP TRIGGER IF EXISTS {table}_{event}")
            execute(f"DROP TABLE IF EXISTS {table}_fts")
        else:
            execute(f"DROP INDEX IF EXISTS {table}_fts")


def _sqlite(table: str, key: str) -> list[str]:
    index = f"{table}_fts"
    drop = f"INSERT INTO {index}({index}, rowid, words) VALUES ('delete', old.{key}, old.words);"
    add = f"INSERT INTO {index}(rowid, words) VALUES (new.{key}, new.words);"
    return [
        f"CREATE VIRTUAL TABLE {index} USING fts5(words, content='{table}', content_rowid='{key}', "
        f"tokenize='unicode61 remove_diacritics 0')",
        f"INSERT INTO {index}({index}) VALUES ('rebuild')",
        f"CREATE TRIGGER {table}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {table}_delete AFTER DELETE ON {table} BEGIN {drop} END",
        f"CREATE TRIGGER {table}_update AFTER UPDATE ON {table} BEGIN {drop} {add} END",
    ]


def _postgresql(table: str) -> list[str]:
    return [f"CREATE INDEX {table}_fts ON {table} USING gin (array_to_tsvector(string_to_array(words, ' ')))"]


def texts_of(definitions: Iterable[int]) -> Iterator[tuple[int, str]]:
    """(primary key, words) of definitions. Two queries."""
    wanted = list(definitions)
    aliases: dict[int, list[str]] = {}
    for pk, value in DefinitionAlias.objects.filter(definition_id__in=wanted).values_list("definition_id", "value"):
        aliases.setdefault(pk, []).append(value)
    rows = Definition.objects.filter(pk__in=wanted).values_list("pk", "identifier", "title", "description")
    for pk, identifier, title, description in rows:
        yield pk, " ".join(words_of((identifier, *sorted(aliases.get(pk, ())), title, description)))


def note_definitions(definitions: Iterable[int]) -> None:
    """Note the words of definitions that are new or changed, in the caller's transaction."""
    for part in bulk.chunks(definitions, CHUNK):
        _keep(DefinitionWords, [DefinitionWords(definition_id=pk, words=words) for pk, words in texts_of(part)])


def _keep(model: type[Model], rows: list[Any]) -> None:
    bulk.overwrite(model, rows, ["words"])


def note_components() -> int:
    """Note the words of components that have none yet; returns how many. The read goes over an index."""
    held = set(ComponentWords.objects.values_list("name", flat=True))
    names = Finding.objects.order_by().exclude(component="").values_list("component", flat=True).distinct()
    new = [name for name in names.iterator(chunk_size=5000) if name not in held]
    for part in bulk.chunks(new, CHUNK):
        rows = [ComponentWords(name=name, words=" ".join(words_of([name]))) for name in part]
        with transaction.atomic():
            ComponentWords.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)
    return len(new)


def when_landed(scan: Any, actor: Any) -> None:
    """Handler of `scan_landed`: at once where there are few findings, else by a worker."""
    total = TotalExposure.objects.first()
    if total is None or total.open_findings <= FEW:
        note_components()
    elif actor is not None and not Job.objects.filter(kind=KIND, state=Job.State.QUEUED).exists():
        jobs.enqueue(actor, KIND)


def rebuild() -> int:
    """Make the index and all words anew; returns of how many definitions. In short transactions."""
    with transaction.atomic(), connection.cursor() as cursor:
        install(cursor.execute)
    number = 0
    for part in bulk.chunks(Definition.objects.order_by("pk").values_list("pk", flat=True).iterator(), CHUNK):
        keys = list(part)
        with transaction.atomic():
            note_definitions(keys)
        number += len(keys)
    note_components()
    return number


def check_words() -> Iterator[str]:
    """What disagrees: words that are not those of their definition, words that the index does not find."""
    keys = Definition.objects.order_by("pk").values_list("pk", flat=True)
    for part in bulk.chunks(keys.iterator(), CHUNK):
        wanted = list(part)
        held = dict(DefinitionWords.objects.filter(pk__in=wanted).values_list("pk", "words"))
        for pk, words in texts_of(wanted):
            if held.get(pk) != words:
                yield f"the words by which definition {pk} is found are not its own"
        first = wanted[0]
        words = " ".join(held.get(first, "").split()[:3])
        if words and not DefinitionWords.objects.filter(pk=first, words__matching=words).exists():
            yield f"the index does not find definition {first} by {words!r}"
