"""What an import keeps of itself, what goes stale, how many queries it asks, and two imports at the same time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core import ledger
from accord.core.models import LedgerEntry, User
from accord.exposure.models import Finding, ImportJournal, Scan, Target
from accord.exposure.services import bulk, check_rollups, import_scan, journal
from accord.exposure.services.importing import reading
from accord.intake import batches
from accord.intake.nessus import proof

Nessus = Callable[..., Path]
WEB, DB = "web.shop.example", "db.shop.example"


def facts() -> dict[int, dict[str, Any]]:
    """Every finding as the database has it; moments as ISO texts, references as keys, as the journal writes them."""
    found = {}
    for row in Finding.objects.values():
        told = {name.removesuffix("_id"): value for name, value in row.items()}
        found[row["id"]] = {n: v.isoformat() if hasattr(v, "isoformat") else v for n, v in told.items()}
    return found


def test_the_journal_tells_what_was_before_and_after(estate: User, nessus: Nessus, moment: Callable[..., Any]) -> None:
    """Each import's entries, applied to what was there before it, give what is there after it."""
    scans = [
        nessus({WEB: [(1, 443, 4), (2, 443, 2), (3, 80, 1)], DB: [(1, 5432, 4)]}, plugins=[1, 2, 3]),
        nessus({WEB: [(1, 443, 3), (2, 443, 2)], DB: [(1, 5432, 4)]}, end=moment(1), plugins=[1, 2, 3]),
        nessus({WEB: [(3, 80, 1)], DB: []}, end=moment(2), plugins=[2, 3]),
        nessus({WEB: [(1, 443, 3)], DB: [(1, 5432, 4)]}, end=moment(-5), plugins=[1, 2, 3]),
    ]
    verbs = []
    for path in scans:
        before = facts()
        scan = Scan.objects.get(pk=import_scan(estate, path)["scans"][0])
        after = facts()
        told = dict(before)
        for entry in journal.entries(scan):
            verbs.append(entry.verb)
            row = told.setdefault(entry.finding, {})
            for name, value in (entry.before or {}).items():
                assert row[name] == value, (entry, name)
            told[entry.finding] = {**row, **entry.after}
        assert told.keys() == after.keys()
        for pk, row in after.items():
            keeps = {n for n in told[pk] if pk in before or n in journal.ADDED} - {"content", "price"}
            assert {n: told[pk][n] for n in keeps} == {n: row[n] for n in keeps}
    assert set(verbs) == {"add", "see", "change", "close", "reopen", "stale"}


def test_the_ledger_carries_the_digest_of_each_part(estate: User, nessus: Nessus) -> None:
    scan = Scan.objects.get(pk=import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 2)]}))["scans"][0])
    [held] = ImportJournal.objects.all()
    [entry] = LedgerEntry.objects.filter(noun="scan", verb="apply")
    assert json.loads(entry.after) == {"journal": 1, "sha256": held.digest, "findings": {"add": 2}}
    assert hashlib.sha256(bytes(held.data)).hexdigest() == held.digest and journal.stands(held)
    assert (held.scan, held.rows) == (scan, 2)
    held.data = bytes([*bytes(held.data)[:-1], bytes(held.data)[-1] ^ 1])
    assert not journal.stands(held)
    held.digest = hashlib.sha256(held.data).hexdigest()  # whoever rewrites both is found by the ledger
    assert not journal.stands(held)
    backwards = [entry.finding for entry in journal.entries(scan, backwards=True)]
    assert backwards == [entry.finding for entry in journal.entries(scan)][::-1]


@pytest.mark.parametrize("plugins", [None, [7, 8]])
def test_a_scan_of_the_wrong_scope_closes_nothing_and_leaves_it_stale(
    estate: User, nessus: Nessus, moment: Callable[..., Any], plugins: list[int] | None
) -> None:
    """Other checks, or no word of what was looked for; another host is not even stale."""
    import_scan(estate, nessus({WEB: [(1, 443, 4)], DB: [(1, 5432, 4)]}, plugins=[1]))
    report = import_scan(estate, nessus({WEB: [(7, 443, 1)]}, end=moment(1), plugins=plugins))
    assert report["counts"]["closed"] == 0
    assert Finding.objects.get(asset__key="A-WEB", check_name="nessus:1").stale_since == moment(1)
    assert Finding.objects.get(asset__key="A-DB").stale_since is None
    import_scan(estate, nessus({WEB: [(8, 443, 1)]}, end=moment(2), plugins=plugins))
    assert Finding.objects.get(check_name="nessus:1", asset__key="A-WEB").stale_since == moment(1), "since the first"
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, end=moment(3), plugins=[1]))
    assert Finding.objects.get(asset__key="A-WEB", check_name="nessus:1").stale_since is None
    assert set(Finding.objects.filter(check_name="nessus:1").values_list("state", flat=True)) == {"open"}
    assert list(check_rollups()) == []


def test_a_closed_finding_is_not_stale(estate: User, nessus: Nessus, moment: Callable[..., Any]) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, plugins=[1]))
    import_scan(estate, nessus({WEB: []}, end=moment(1), plugins=[2]))
    import_scan(estate, nessus({WEB: []}, end=moment(2), plugins=[1]))
    finding = Finding.objects.get()
    assert (finding.state, finding.stale_since, finding.closed_at) == ("closed", None, moment(2))


def test_queries_do_not_grow_with_the_findings(estate: User, nessus: Nessus, moment: Callable[..., Any]) -> None:
    """First import, seen again, closed and back again: no more statements for 1,200 findings than for 120."""
    asked: dict[int, list[int]] = {}
    for size in (30, 300):
        hosts = {f"q{size}-{n}.example": [(p, 443, p % 5) for p in range(size)] for n in range(4)}
        none: dict[str, list[Any]] = {host: [] for host in hosts}
        for day, seen in enumerate((hosts, hosts, none, hosts)):
            path = nessus(seen, end=moment(day), plugins=range(size))
            with CaptureQueriesContext(connection) as queries:
                report = import_scan(estate, path)
            assert sum(report["counts"].values()) == 4 * size
            asked.setdefault(size, []).append(len(queries))
    # Ten times as many definitions are written in a few statements more; nothing else grows.
    assert all(many <= few + 4 for few, many in zip(asked[30], asked[300], strict=True)), asked


TWICE = """
import sys, django
django.setup()
from accord.core import accounts
from accord.exposure.services import import_scan
print(import_scan(accounts.operator(), sys.argv[1])["state"])
"""


@pytest.mark.sqlite
def test_two_processes_with_one_file_give_one_scan(nessus: Nessus, tmp_path: Path) -> None:
    """Processes of their own on a database of its own, started at the same time."""
    import sqlite3

    path = nessus({f"p{n:03}.example": [(p, 443, 3) for p in range(40)] for n in range(50)}, plugins=range(40))
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ACCORD_")}
    environment |= {"ACCORD_HOME": str(home), "DJANGO_SETTINGS_MODULE": "accord.site.settings"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    subprocess.run([sys.executable, "-m", "django", "migrate", "-v0"], check=True, env=environment)
    command = [sys.executable, "-c", TWICE, str(path)]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate()[0].strip().splitlines()[-1] for process in both] == ["landed"] * 2
    with sqlite3.connect(f"file:{home / 'accord.sqlite3'}?mode=ro", uri=True) as held:
        scans = held.execute("SELECT state, added, unchanged, applied FROM exposure_scan").fetchall()
        assert scans == [("landed", 2000, 0, 2000)]
        counts = "SELECT COUNT(*), COUNT(DISTINCT fingerprint), (SELECT SUM(rows) FROM exposure_importjournal)"
        assert held.execute(f"{counts} FROM exposure_finding").fetchone() == (2000, 2000, 2000)


def test_where_no_process_can_be_started_it_is_read_here(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError("no more processes")

    monkeypatch.setattr(reading, "APART", 0)
    monkeypatch.setattr(reading.subprocess, "Popen", refuse)
    assert import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 2)]}))["counts"]["added"] == 2


def test_a_reader_that_dies_is_told_and_the_import_goes_on_later(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = nessus({WEB: [(1, 443, 4)]})
    with monkeypatch.context() as patched:
        patched.setattr(reading, "APART", 0)
        patched.setattr(reading.sys, "executable", "/bin/false")
        with pytest.raises(RuntimeError, match="ended early"):
            import_scan(estate, path)
    assert not Finding.objects.exists()
    assert import_scan(estate, path)["counts"]["added"] == 1


def test_proven_and_read_first_give_the_same(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch, moment: Callable[..., Any]
) -> None:
    """A file that is stored while it is read leaves the same rows as one that is read to its end before."""
    from django.db import transaction

    hosts = {f"h{n}.example": [(p, 443, p % 5) for p in range(30)] for n in range(5)}
    path = nessus(hosts, end=moment(3))
    names = ("definition__identifier", "target__name", "state", "rank", "first_seen", "last_seen", "due", "content")
    told = []
    for proven in (True, False):
        with transaction.atomic(), monkeypatch.context() as patched:
            if not proven:
                patched.setattr("accord.exposure.services.importing.prove", lambda *_: None)
            import_scan(estate, path)
            scan = Scan.objects.values("targets", "observations", "observed", "finished", "complete", "refused").get()
            told.append((sorted(map(str, Finding.objects.values_list(*names))), scan))
            transaction.set_rollback(True)
    assert told[0] == told[1]
    with path.open("rb") as stream:
        held = proof.prove(stream, path.name)
    assert held == proof.Proof(moment(3), 5, 150)


def test_a_proven_file_that_is_not_read_to_its_end_leaves_nothing(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch, moment: Callable[..., Any]
) -> None:
    """The reader meets a bound of its own after the first findings are in: they go again, and what was there stays."""
    assert import_scan(estate, nessus({WEB: [(1, 443, 4)]}, plugins=[1]))["counts"]["added"] == 1
    before = facts()
    path = nessus({WEB: [(p, 443, p % 5) for p in range(1, 40)]}, end=moment(2), plugins=range(50))
    whole = batches.messages

    def bounded(stream: Any, name: str, rows: int, version: int) -> Any:
        for letter, data in whole(stream, name, min(rows, 10), version):
            if letter == "E":
                told = (path.name, None, None, "Reading took more than 900 seconds.", "Split the file.")
                letter, data = "!", batches.marshal.dumps(told)
            yield letter, data

    with monkeypatch.context() as patched:
        patched.setattr(batches, "messages", bounded)
        patched.setattr(reading, "_start", lambda *_: None)
        report = import_scan(estate, path)
    assert report["state"] == "refused" and "900 seconds" in report["problems"][0]
    now = facts()
    for row in (*now.values(), *before.values()):
        del row["content"]  # what was put back is compared field by field the next time
    assert now == before and not list(check_rollups()) and ledger.verify().holds
    scan = Scan.objects.latest("pk")
    assert scan.state == Scan.State.UNDONE and "900 seconds" in scan.problems[0]["problem"]
    assert import_scan(estate, path)["counts"] == {
        "added": 38, "changed": 1, "unchanged": 0, "closed": 0, "reopened": 0, "refused": 0,
    }  # fmt: skip


def test_columns_of_batches_fit_those_of_findings() -> None:
    for name, width in zip(batches.PLACE, batches.WIDTHS, strict=True):
        assert getattr(Finding._meta.get_field(name), "max_length", None) == width, name


@pytest.mark.django_db
def test_reserved_keys_are_nobody_elses(estate: User) -> None:
    """Rows that are made one by one after rows were poured get keys of their own."""
    with ledger.write(estate):
        first = list(bulk.reserve(Target, 3))
    assert len(set(first)) == 3
    if connection.vendor == "postgresql":
        with ledger.write(estate):
            assert not set(first) & set(bulk.reserve(Target, 3))
