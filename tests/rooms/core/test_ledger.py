"""The chain of all writes: it holds, it names what was tampered with, and it keeps writers in one line."""

from __future__ import annotations

import io
import json
import threading

import pytest
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from accord.core import ledger
from accord.core.models import LedgerEntry, LedgerHead
from accord.organization.models import Unit

pytestmark = pytest.mark.django_db
NAMES = st.text(max_size=30)


def _write(count: int = 5) -> None:
    for number in range(1, count + 1):
        with ledger.write(None) as log:
            log.add(
                "change", "unit", f"U-{number}", {"name": "before"}, {"name": f"after {number}", "ü": None}
            )


def test_a_chain_that_was_written_holds() -> None:
    _write()
    verdict = ledger.verify()
    assert verdict.holds
    assert verdict.entries == 5
    assert verdict.head == LedgerHead.objects.get().hash


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("after", '{"name":"after 4"}'), ("before", '{"name":"beforf"}'), ("actor", "systen"), ("verb", "changf"),
        ("noun", "unix"), ("key", "U-9"), ("at", "2027-01-01T00:00:00.000000+00:00"), ("batch", "x"),
        ("hash", "0" * 64),
    ],
)  # fmt: skip
def test_a_changed_byte_is_named_by_its_entry(column: str, value: str) -> None:
    _write()
    LedgerEntry.objects.filter(number=3).update(**{column: value})
    assert ledger.verify().broken == 3


def test_a_removed_entry_is_named() -> None:
    _write()
    LedgerEntry.objects.filter(number=2).delete()
    assert ledger.verify().broken == 2


def test_a_cut_tail_is_found_by_the_head() -> None:
    _write()
    LedgerEntry.objects.filter(number=5).delete()
    verdict = ledger.verify()
    assert verdict.broken == 5
    assert "head" in verdict.problem


def test_an_export_is_proved_without_the_database() -> None:
    _write()
    stream = io.StringIO()
    assert ledger.export(stream) == 5
    rows = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert ledger.verify_rows(rows).holds
    rows[1]["after"] = rows[1]["after"].replace("after 2", "after 3")
    assert ledger.verify_rows(rows).broken == 2


def test_a_failed_write_leaves_neither_rows_nor_entries() -> None:
    with pytest.raises(RuntimeError), ledger.write(None) as log:
        Unit.objects.create(key="U", name="U")
        log.add("add", "unit", "U")
        raise RuntimeError
    assert not Unit.objects.exists()
    assert ledger.verify().entries == 0


def test_writes_inside_one_another_stay_one_chain() -> None:
    with ledger.write(None) as outer:
        outer.add("add", "unit", "outer")
        with ledger.write(None) as inner:
            inner.add("add", "unit", "inner")
    assert list(LedgerEntry.objects.values_list("key", flat=True)) == ["inner", "outer"]
    assert ledger.verify().holds


@given(before=st.dictionaries(NAMES, NAMES, max_size=4), after=st.dictionaries(NAMES, NAMES, max_size=4))
def test_changes_are_what_differs(before: dict[str, str], after: dict[str, str]) -> None:
    entry = LedgerEntry(before=ledger.canonical(before), after=ledger.canonical(after))
    found = {name: (old, new) for name, old, new in ledger.changes(entry)}
    names = before.keys() | after.keys()
    assert found == {n: (before.get(n), after.get(n)) for n in names if before.get(n) != after.get(n)}


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_make_one_chain_and_lose_nothing() -> None:
    Unit.objects.create(key="U", name="0")
    problems: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(10):
                with ledger.write(None) as log:
                    unit = Unit.objects.get(key="U")
                    unit.name = str(int(unit.name) + 1)
                    unit.save()
                    log.add("change", "unit", "U", None, {"name": unit.name})
        except BaseException as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert Unit.objects.get(key="U").name == "80"
    assert ledger.verify().entries == 80
    assert connection.vendor in {"sqlite", "postgresql"}
