"""Undoing imports: what they added goes, what they changed is put back, what newer ones touched stays and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.forms.models import model_to_dict

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.exposure.models import AssetExposure, Finding, Scan, ScanTarget, Target
from accord.exposure.services import check_rollups, import_scan, undo
from accord.exposure.services.lifecycle import Wish, act

pytestmark = pytest.mark.django_db
PLUGINS = range(1, 50)
Nessus = Callable[..., Path]
Moment = Callable[[float], Any]
FIRST = {"web.shop.example": [(1, 443, 4), (2, 80, 3)], "db.shop.example": [(1, 5432, 4)]}


def scan_of(actor: User, path: Path) -> Scan:
    import_scan(actor, path)
    return Scan.objects.order_by("-pk")[0]


def undone(actor: User, scan: Scan) -> dict[str, Any]:
    job = undo.submit(actor, scan, "wrong customer")
    undo.run(actor, scan)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    scan.refresh_from_db()
    assert scan.state == Scan.State.UNDONE
    assert list(check_rollups()) == []
    assert ledger.verify().holds
    return dict(scan.undo or {})


def picture() -> list[dict[str, Any]]:
    """All that is known of all findings, without what says how it was compared."""
    rows = Finding.objects.order_by("fingerprint")
    return [{k: v for k, v in model_to_dict(row).items() if k not in ("content", "id")} for row in rows]


def covered() -> list[Any]:
    return list(AssetExposure.objects.order_by("pk").values_list("asset__key", "covered", "open_findings"))


def test_a_first_import_leaves_nothing(estate: User, nessus: Nessus) -> None:
    hosts = {**FIRST, "10.9.9.9": [(7, 22, 2)]}
    scan = scan_of(estate, nessus(hosts, plugins=PLUGINS))
    assert Finding.objects.count() == 4 and Target.objects.filter(state="unclaimed").count() == 1
    shown = undo.preview(scan)
    assert (shown.removed, shown.restored, dict(shown.left)) == (4, 0, {})
    assert Finding.objects.count() == 4
    told = undone(estate, scan)
    assert (told["removed"], told["restored"], told["left"]) == (4, 0, {})
    assert not Finding.objects.exists() and not ScanTarget.objects.exists()
    assert not Target.objects.filter(state="unclaimed").exists()
    assert {row.covered for row in AssetExposure.objects.all()} == {None}


def test_a_later_import_leaves_what_was_there_before(estate: User, nessus: Nessus, moment: Moment) -> None:
    scan_of(estate, nessus(FIRST, plugins=PLUGINS))
    act(estate, Finding.objects.filter(definition__identifier__endswith="2"), Wish("claim", "patched"))
    Finding.objects.exclude(acted=None).update(acted=moment(0.5))
    before, looked = picture(), covered()
    second = {"web.shop.example": [(1, 443, 4), (3, 8080, 4)], "db.shop.example": []}
    scan = scan_of(estate, nessus(second, end=moment(1), plugins=PLUGINS))
    assert sorted(Finding.objects.values_list("state", flat=True)) == ["closed", "closed", "open", "open"]
    shown = undo.preview(scan)
    assert (shown.removed, shown.restored, dict(shown.left)) == (1, 3, {})
    undone(estate, scan)
    assert picture() == before
    assert covered() == looked


def test_staleness_and_reopening_are_taken_back(estate: User, nessus: Nessus, moment: Moment) -> None:
    scan_of(estate, nessus(FIRST, plugins=PLUGINS))
    scan_of(estate, nessus({"web.shop.example": []}, end=moment(1), plugins=PLUGINS))
    before = picture()
    third = scan_of(
        estate, nessus({"web.shop.example": [(2, 80, 3)], "db.shop.example": []}, end=moment(2), plugins=[2])
    )
    assert Finding.objects.filter(stale_since=moment(2)).count() == 1
    assert Finding.objects.get(definition__identifier__endswith="2").reopened == 1
    undone(estate, third)
    assert picture() == before


def test_what_something_newer_touched_stays_and_says_why(estate: User, nessus: Nessus, moment: Moment) -> None:
    first = scan_of(estate, nessus({"web.shop.example": [(1, 443, 4), (2, 80, 3), (4, 81, 3)]}, plugins=PLUGINS))
    scan_of(estate, nessus({"web.shop.example": [(1, 443, 4), (2, 80, 3)]}, end=moment(1), plugins=[1]))
    act(estate, Finding.objects.filter(definition__identifier__endswith="4"), Wish("start"))
    scan_of(estate, nessus({"web.shop.example": [(2, 80, 3)]}, end=moment(-1), plugins=[2]))
    shown = undo.preview(first)
    assert (shown.removed, shown.restored) == (0, 0)
    assert dict(shown.left) == {"a later scan saw it too": 2, "a person has said something of it since": 1}
    told = undone(estate, first)
    assert told["left"] == dict(shown.left)
    assert Finding.objects.count() == 3


def test_two_undone_in_the_order_of_their_import_leave_nothing(estate: User, nessus: Nessus, moment: Moment) -> None:
    one = scan_of(estate, nessus(FIRST, plugins=PLUGINS))
    two = scan_of(estate, nessus({"web.shop.example": []}, end=moment(1), plugins=PLUGINS))
    three = scan_of(estate, nessus(FIRST, end=moment(2), plugins=PLUGINS))
    undone(estate, one)
    assert Finding.objects.count() == 3
    undone(estate, two)
    undone(estate, three)
    assert not Finding.objects.exists()


def test_the_file_may_come_again(estate: User, nessus: Nessus) -> None:
    path = nessus(FIRST, plugins=PLUGINS)
    first = scan_of(estate, path)
    before = picture()
    import_scan(estate, path)
    assert Scan.objects.count() == 1
    undone(estate, first)
    again = scan_of(estate, path)
    assert again.pk != first.pk and again.state == Scan.State.LANDED and Scan.objects.count() == 2
    same = [{k: v for k, v in row.items() if not k.endswith("_scan")} for row in picture()]
    assert same == [{k: v for k, v in row.items() if not k.endswith("_scan")} for row in before]
    undone(estate, again)
    with pytest.raises(Refused, match="nothing to undo"):
        undo.submit(estate, first, "once more")


def test_a_run_that_stopped_goes_on(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch, moment: Moment
) -> None:
    scan_of(estate, nessus(FIRST, plugins=PLUGINS))
    before = picture()
    many = {"web.shop.example": [(n, 443, 4) for n in range(1, 40)], "db.shop.example": []}
    scan = scan_of(estate, nessus(many, end=moment(1), plugins=PLUGINS))
    expected = undo.preview(scan).plain()
    for name in ("FIRST", "FEWEST", "ROWS"):
        monkeypatch.setattr(undo, name, 10)
    calls = 0

    def stop(done: int, total: int | None = None, message: str = "") -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise jobs.Cancelled

    undo.submit(estate, scan, "wrong customer")
    with pytest.raises(jobs.Cancelled):
        undo.run(estate, scan, stop)
    scan.refresh_from_db()
    assert scan.state == Scan.State.UNDOING and scan.undo is not None and scan.undo["at"] == 20
    with pytest.raises(Refused):
        import_scan(estate, Path(nessus(many, end=moment(1), plugins=PLUGINS)))
    undo.run(estate, scan)
    scan.refresh_from_db()
    assert scan.undo is not None
    assert {k: scan.undo[k] for k in ("removed", "restored", "left")} == {
        k: expected[k] for k in ("removed", "restored", "left")
    }
    assert picture() == before
    assert list(check_rollups()) == []


def test_a_reason_is_asked_for(estate: User, nessus: Nessus) -> None:
    scan = scan_of(estate, nessus(FIRST, plugins=PLUGINS))
    with pytest.raises(Refused, match="blank"):
        undo.submit(estate, scan, " ")
