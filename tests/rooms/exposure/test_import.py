"""Scans in, through the same service that the command line calls: what is added, seen again, closed, reopened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accord.core import ledger
from accord.core.models import LedgerEntry, User
from accord.exposure.models import AssetExposure, Definition, Finding, Scan, ScanTarget, Target
from accord.exposure.services import check_rollups, import_scan, journal

Nessus = Callable[..., Path]
Moment = Callable[[float], datetime]
WEB, DB = "web.shop.example", "db.shop.example"


@pytest.fixture(autouse=True)
def _rollups_agree(db: None) -> Any:
    """Whatever a test does: at its end every roll-up agrees with the rows, and the ledger holds."""
    yield
    assert list(check_rollups()) == []
    assert ledger.verify().holds


def states() -> dict[tuple[str, str], str]:
    """(asset or target, definition) → state."""
    found = {}
    for f in Finding.objects.select_related("asset", "target", "definition"):
        found[f.asset.key if f.asset else f.target.name, f.definition.identifier] = f.state
    return found


def test_first_import(estate: User, nessus: Nessus) -> None:
    path = nessus({WEB: [(100, 443, 4), (101, 443, 2)], DB: [(100, 5432, 4)]}, plugins=[100, 101])
    report = import_scan(estate, path)
    assert report["state"] == "landed" and report["format"] == "nessus"
    assert report["counts"] == {"added": 3, "changed": 0, "unchanged": 0, "closed": 0, "reopened": 0, "refused": 0}
    assert states() == {
        ("A-WEB", "nessus:100"): "open",
        ("A-WEB", "nessus:101"): "open",
        ("A-DB", "nessus:100"): "open",
    }
    assert Target.objects.filter(state="claimed").count() == 2
    assert Definition.objects.get(identifier="nessus:100").open_findings == 2
    scan = Scan.objects.get()
    assert (scan.state, scan.targets, scan.observations, scan.applied) == ("landed", 2, 3, 3)
    assert ScanTarget.objects.filter(scan=scan, exhaustive=True, checks=2).count() == 2


def test_facts_of_the_system_reach_the_finding(estate: User, nessus: Nessus) -> None:
    """Weight carried = Σ goal × capability × system × asset: 0.75·0.8·0.5·0.6 on the web server."""
    import_scan(estate, nessus({WEB: [(100, 443, 4)], "pay.example": [(100, 443, 4)]}))
    web = Finding.objects.get(asset__key="A-WEB")
    pay = Finding.objects.get(asset__key="A-PAY")
    assert web.goal_weight == pytest.approx(0.75 * 0.8 * 0.5 * 0.6)
    assert pay.goal_weight == pytest.approx(0.25 * 0.5 * 1 * 1)
    assert (web.reach, pay.reach) == ("internet", "internal")
    assert web.rank is not None and pay.rank is not None and web.rank < pay.rank


def test_the_same_file_again_adds_nothing(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    path = nessus({WEB: [(100, 443, 4)]})
    import_scan(estate, path)
    before = LedgerEntry.objects.count(), list(Finding.objects.values())
    renamed = tmp_path / "other name.xml"
    renamed.write_bytes(path.read_bytes())
    for again in (path, renamed):
        report = import_scan(estate, again)
        assert report["state"] == "landed" and not any(report["counts"].values())
    assert Scan.objects.count() == 1
    assert (LedgerEntry.objects.count(), list(Finding.objects.values())) == before


def test_seen_again_by_a_later_scan(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({WEB: [(100, 443, 4)]}))
    report = import_scan(estate, nessus({WEB: [(100, 443, 4)]}, end=moment(7)))
    assert report["counts"]["unchanged"] == 1 and report["counts"]["added"] == 0
    finding = Finding.objects.get()
    assert (finding.first_seen, finding.last_seen) == (moment(0), moment(7))
    assert [verb for _, verb, _, _ in journal.history(finding)] == ["see", "add"]


def test_what_was_looked_for_and_not_seen_closes(estate: User, nessus: Nessus, moment: Moment) -> None:
    """Only on the targets and for the checks that the later scan covered."""
    import_scan(estate, nessus({WEB: [(100, 443, 4), (101, 443, 2)], DB: [(100, 5432, 4)]}))
    later = nessus({WEB: [(102, 443, 1)]}, end=moment(7), plugins=[100, 102])
    assert import_scan(estate, later)["counts"]["closed"] == 1
    assert states() == {
        ("A-WEB", "nessus:100"): "closed",
        ("A-WEB", "nessus:101"): "open",  # that check did not run
        ("A-WEB", "nessus:102"): "open",
        ("A-DB", "nessus:100"): "open",  # that host was not looked at
    }
    closed = Finding.objects.get(state="closed")
    assert closed.closed_at == moment(7) and closed.rank is None and closed.closed_by is not None
    [(scan, verb, before, after), *_] = journal.history(closed)
    assert (scan, verb) == (closed.closed_by, "close") and before is not None and before["state"] == "open"
    assert (after["state"], after["closed_by"]) == ("closed", scan.pk)


def test_a_file_that_tells_no_scope_closes_nothing(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({WEB: [(100, 443, 4)]}))
    assert import_scan(estate, nessus({WEB: [(101, 443, 4)]}, end=moment(7)))["counts"]["closed"] == 0
    assert states()["A-WEB", "nessus:100"] == "open"


def test_what_returns_reopens(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({WEB: [(100, 443, 4)]}))
    import_scan(estate, nessus({WEB: []}, end=moment(7), plugins=[100]))
    assert states()["A-WEB", "nessus:100"] == "closed"
    report = import_scan(estate, nessus({WEB: [(100, 443, 4)]}, end=moment(14), plugins=[100]))
    assert report["counts"]["reopened"] == 1 and report["counts"]["added"] == 0
    finding = Finding.objects.get()
    assert (finding.state, finding.reopened, finding.closed_at, finding.first_seen) == ("open", 1, None, moment(0))
    assert finding.rank is not None


def test_an_older_scan_closes_and_reopens_nothing(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({WEB: [(100, 443, 4)]}, end=moment(10)))
    import_scan(estate, nessus({WEB: [(101, 443, 4)]}, end=moment(5), plugins=[100, 101]))
    assert states()["A-WEB", "nessus:100"] == "open"
    import_scan(estate, nessus({WEB: [(101, 443, 4)]}, end=moment(20), plugins=[100, 101]))
    assert states()["A-WEB", "nessus:100"] == "closed"
    report = import_scan(estate, nessus({WEB: [(100, 443, 4)]}, end=moment(2), plugins=[100]))
    assert report["counts"]["unchanged"] == 1
    finding = Finding.objects.get(definition__identifier="nessus:100")
    assert (finding.state, finding.first_seen, finding.last_seen) == ("closed", moment(2), moment(10))
    assert AssetExposure.objects.get(asset__key="A-WEB").covered == moment(20)


def test_a_weakness_that_occurs_twice_is_one_row(estate: User, nessus: Nessus) -> None:
    report = import_scan(estate, nessus({WEB: [(100, 443, 4), (100, 443, 4), (100, 8443, 4)]}))
    assert (report["counts"]["added"], report["counts"]["unchanged"]) == (2, 1)
    assert Finding.objects.count() == 2


def test_a_change_is_told_with_what_was_before(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({WEB: [(100, 443, 2)]}))
    assert import_scan(estate, nessus({WEB: [(100, 443, 4)]}, end=moment(1)))["counts"]["changed"] == 1
    [(_, verb, before, after), (_, first, nothing, _)] = journal.history(Finding.objects.get())
    assert (verb, first, nothing) == ("change", "add", None) and before is not None
    assert (before["severity"], after["severity"]) == (2, 0)
    assert set(before) == set(after) and "definition" not in after


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"no scanner wrote this", "no format"),
        (b'<?xml version="1.0"?><NessusClientData_v2><Report name="x"><ReportHost name="h">', ""),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><NessusClientData_v2>&a;</NessusClientData_v2>', ""),
    ],
)
def test_a_refused_file_leaves_nothing_and_is_kept(
    estate: User, tmp_path: Path, content: bytes, word: str
) -> None:
    path = tmp_path / "broken.nessus"
    path.write_bytes(content)
    report = import_scan(estate, path)
    assert report["state"] == "refused" and report["problems"] and not any(report["counts"].values())
    assert "broken.nessus" in report["problems"][0] and word in report["problems"][0]
    scan = Scan.objects.get()
    assert scan.state == "refused" and scan.problems[0]["remedy"]
    assert not (Finding.objects.exists() or Target.objects.exists() or Definition.objects.exists())
    from accord.core.files import exists

    assert exists(scan.file)


def test_a_file_cut_off_after_many_good_rows_is_refused_whole(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    whole = nessus({f"h{n}.example": [(p, 443, 3) for p in range(20)] for n in range(50)}).read_bytes()
    path = tmp_path / "cut.nessus"
    path.write_bytes(whole[: len(whole) * 9 // 10])
    assert import_scan(estate, path)["state"] == "refused"
    assert not Finding.objects.exists() and not Target.objects.exists()
    path.write_bytes(whole)
    assert import_scan(estate, path)["counts"]["added"] == 1000


def test_a_refused_file_is_tried_again(estate: User, tmp_path: Path) -> None:
    path = tmp_path / "broken.xml"
    path.write_bytes(b"<NessusClientData_v2>")
    assert import_scan(estate, path)["state"] == "refused"
    assert import_scan(estate, path)["state"] == "refused"
    assert Scan.objects.count() == 1
    assert LedgerEntry.objects.filter(noun="scan", verb="refuse").count() == 2
