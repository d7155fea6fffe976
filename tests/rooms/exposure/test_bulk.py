"""Rows that are written without objects: what is handed over, what stands there then, and what is put back after."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from accord.core import ledger, pace
from accord.core.models import User
from accord.exposure.models import Definition, Finding, Target
from accord.exposure.services import bulk, check_rollups, import_scan

Nessus = Callable[..., Path]
Moment = Callable[[float], datetime]
WEB = "web.shop.example"


def _poured(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> str:
    """The statement by which `pour` writes these rows; on PostgreSQL COPY is none that is captured."""
    with CaptureQueriesContext(connection) as queries:
        bulk.pour(Finding, columns, rows)
    return queries[-1]["sql"] if connection.vendor == "sqlite" else ""


def test_columns_that_nobody_fills_are_left_to_the_database(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}))
    fields = Finding._meta.concrete_fields
    columns = tuple(str(field.column) for field in fields)
    one = list(bulk.fetch(Finding, columns, "port", [443])[0])
    at = {name: index for index, name in enumerate(columns)}
    with ledger.write(estate):
        keys = list(bulk.reserve(Finding, 2))
        rows = []
        for key in keys:
            row = list(one)
            row[at["id"]], row[at["fingerprint"]], row[at["port"]], row[at["epss"]] = key, f"t0:{key}", None, None
            rows.append(row)
        rows[1][at["epss"]] = 0.25
        statement = _poured([tuple(row) for row in rows], columns)
    first, second = (Finding.objects.get(pk=key) for key in keys)
    assert (first.port, second.port, first.epss, second.epss) == (None, None, None, 0.25)
    told = {
        (row.definition_id, row.severity, row.first_seen, row.rank, row.check_name) for row in Finding.objects.all()
    }
    assert len(told) == 1
    if statement:
        assert '"epss"' in statement and '"port"' not in statement
    bulk.pour(Finding, columns, [])
    assert Finding.objects.count() == 3


def test_garbage_is_collected_again_after_an_error(db: None) -> None:
    before, threshold = gc.get_freeze_count(), gc.get_threshold()
    with pytest.raises(ValueError, match="broken off"), bulk.large_writes(Finding):
        assert gc.get_freeze_count() > before
        assert gc.get_threshold() != threshold
        raise ValueError("broken off")
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == threshold


@pytest.mark.sqlite
def test_the_counter_of_the_table_stands_first_and_counts_on(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 4)]}))
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
        before = cursor.fetchall()
    for model in (Target, Finding, Finding):
        with bulk.large_writes(model), connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_sequence ORDER BY rowid LIMIT 1")
            assert cursor.fetchone() == (model._meta.db_table,)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, seq FROM sqlite_sequence ORDER BY name")
        assert cursor.fetchall() == before
    last = Finding.objects.latest("pk").pk
    import_scan(estate, nessus({WEB: [(3, 443, 4)]}))
    assert Finding.objects.latest("pk").pk == last + 1


def test_rows_are_rewritten_each_with_its_own_values(estate: User, nessus: Nessus) -> None:
    """One value for all, a value each, a value for some; whole numbers among fractions; what is not named stays."""
    import_scan(estate, nessus({WEB: [(n, 443, 4) for n in range(1, 5)]}))
    before = list(Finding.objects.order_by("pk").values())
    keys = [row["id"] for row in before]
    told = [("a", 1, None, 7), ("a", 0.5, "b", 8), ("a", None, 'c"{},\\', 9)]
    with ledger.write(estate):
        names = ("note", "epss", "version", "port")
        bulk.rewrite(Finding, names, [(*values, pk) for values, pk in zip(told, keys, strict=False) if values[2]])
        bulk.rewrite(Finding, ("note", "epss"), [("a", 1, keys[0])])
        bulk.rewrite(Finding, names, [])
    for row, (note, epss, version, port) in zip(before[1:3], told[1:], strict=True):
        row.update(note=note, epss=epss, version=version, port=port)
    before[0].update(note="a", epss=1)
    assert list(Finding.objects.order_by("pk").values()) == before


@pytest.mark.postgres  # SQLite keeps it whole
def test_a_text_that_is_too_long_is_never_cut_in_silence(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 4)]}))
    rows = [("x" * 301, Finding.objects.earliest("pk").pk), ("y", Finding.objects.latest("pk").pk)]
    with pytest.raises(DataError), ledger.write(estate):
        bulk.rewrite(Finding, ("component",), rows)


def test_statements_for_a_finding_do_not_grow(
    estate: User, nessus: Nessus, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4,000 findings: no more statements for each than 2,000 need, at the first import, again, closed and back."""
    monkeypatch.setattr(pace, "SECONDS", 1e9)  # a busy machine cuts smaller parts
    asked: dict[int, list[int]] = {}
    for size in (2000, 4000):
        hosts = {f"h{n}-of-{size}.example": [(p, 443, p % 5) for p in range(100)] for n in range(size // 100)}
        none: dict[str, list[Any]] = {host: [] for host in hosts}
        for day, seen in enumerate((hosts, hosts, none, hosts)):
            path = nessus(seen, end=moment(day), plugins=range(100))
            with CaptureQueriesContext(connection) as queries:
                report = import_scan(estate, path)
            assert sum(report["counts"].values()) == size
            asked.setdefault(size, []).append(len(queries))
    assert all(many <= 2 * few for few, many in zip(asked[2000], asked[4000], strict=True)), asked
    assert not list(check_rollups())


def test_objects_that_are_made_are_those_that_the_model_makes(estate: User, moment: Moment) -> None:
    """Poured or created: the same rows, and keys that nobody else gets."""
    told = {"kind": "host", "name": "n", "hostnames": ["a", 'b"\\'], "identifiers": [["k", "v"]], "settled": False}
    seen = {"first_seen": moment(0), "last_seen": moment(1)}
    with ledger.write(estate):
        poured = bulk.make(Target, [Target(identity=f"p{n}", worst_rank=n or None, **told, **seen) for n in range(2)])
        bulk.make(Target, [])
        vectors = ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]
        [kind] = bulk.make(Definition, [Definition(identifier="X-1", title="X", kind="code", cvss_vectors=vectors)])
    created = [Target.objects.create(identity=f"c{n}", worst_rank=n or None, **told, **seen) for n in range(2)]
    keys = [target.pk for target in (*poured, *created)]
    assert len(set(keys)) == 4 and keys == sorted(keys)
    rows = [{**row, "id": 0, "identity": ""} for row in Target.objects.order_by("pk").values()]
    assert rows[:2] == rows[2:]
    poured[0].name = "renamed"
    poured[0].save()
    assert Target.objects.get(pk=poured[0].pk).name == "renamed" and Target.objects.count() == 4
    held = Definition.objects.get(identifier="X-1")
    assert (held.pk, held.cvss_vectors, held.cwes, held.epss) == (kind.pk, vectors, [], None)
    assert held.first_seen == kind.first_seen
