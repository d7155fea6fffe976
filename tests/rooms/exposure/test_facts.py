"""Feeds, systems and goals change: findings and roll-ups follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.imports import import_tables, remove, save_row
from accord.core.models import Job, User
from accord.engines.priority import Urgency
from accord.estate.models import SystemAsset
from accord.estate.nouns import SYSTEM, SYSTEM_ASSET
from accord.exposure import handlers, services
from accord.exposure.models import Definition, FeedUpdate, Finding, Kev, SystemExposure
from accord.exposure.services import check_rollups, feeds, import_scan
from accord.exposure.services.facts import AssetFacts, combine

Nessus = Callable[..., Path]
WEB = "web.shop.example"
VECTOR = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H"  # not automatable, total
CVES = {1: ["CVE-2024-0001"], 2: ["CVE-2024-0002", "CVE-2024-0003"]}


@pytest.fixture(autouse=True)
def _rollups_agree(db: None) -> Any:
    yield
    assert list(check_rollups()) == []


def kev(tmp_path: Path, *cves: str, name: str = "kev.json", released: str = "2026-05-01T00:00:00Z") -> Path:
    path = tmp_path / name
    rows = [{"cveID": c, "dateAdded": "2026-04-01", "vendorProject": "V", "product": "P"} for c in cves]
    path.write_text(
        json.dumps({"catalogVersion": "1", "dateReleased": released, "count": len(rows), "vulnerabilities": rows})
    )
    return path


def epss(tmp_path: Path, name: str = "epss.csv", **scores: float) -> Path:
    path = tmp_path / name
    lines = ["#model_version:v2026.01.01,score_date:2026-05-01T00:00:00Z", "cve,epss,percentile"]
    lines += [f"{cve.replace('_', '-')},{score},0.5" for cve, score in scores.items()]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_before_a_feed_exploitation_is_unknown(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, cves=CVES, vectors={1: VECTOR}))
    finding = Finding.objects.get()
    assert finding.known_exploited is None
    assert (finding.worst_class, finding.best_class) == (Urgency.TRIAGE, Urgency.DAYS_14)


def test_a_feed_ranks_anew(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 4)]}, cves=CVES, vectors={1: VECTOR, 2: VECTOR}))
    report = services.update_feeds_from(estate, [kev(tmp_path, "CVE-2024-0003"), epss(tmp_path, CVE_2024_0001=0.4)])
    assert [row["feed"] for row in report["feeds"]] == ["kev", "epss"] and report["reranked"] == 2
    first, second = Finding.objects.order_by("definition__identifier")
    assert (first.known_exploited, first.epss, first.worst_class) == (False, 0.4, Urgency.DAYS_14)
    assert (second.known_exploited, second.epss, second.worst_class) == (True, None, Urgency.TRIAGE)
    assert first.best_class == first.worst_class
    update = FeedUpdate.objects.get(feed="epss")
    assert (update.version, update.entries, update.state) == ("v2026.01.01", 1, "done")
    assert not Definition.objects.filter(pending=True).exists()


def test_what_leaves_the_catalogue_is_no_longer_exploited(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, cves=CVES))
    services.update_feeds(estate, kev_path=kev(tmp_path, "CVE-2024-0001"))
    assert Finding.objects.get().known_exploited is True
    services.update_feeds(estate, kev_path=kev(tmp_path, "CVE-2024-9999", name="later.json"))
    assert Finding.objects.get().known_exploited is False
    assert list(Kev.objects.values_list("cve", flat=True)) == ["CVE-2024-9999"]


def test_a_finding_that_comes_after_the_feed_has_its_facts(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    services.update_feeds(estate, kev(tmp_path, "CVE-2024-0001"), epss(tmp_path, CVE_2024_0001=0.9))
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, cves=CVES))
    finding = Finding.objects.get()
    assert (finding.known_exploited, finding.epss) == (True, 0.9)


def test_a_broken_feed_changes_nothing(estate: User, tmp_path: Path) -> None:
    services.update_feeds(estate, kev_path=kev(tmp_path, "CVE-2024-0001"))
    broken = tmp_path / "broken.json"
    broken.write_text(kev(tmp_path, "CVE-2024-0002", name="x.json").read_text()[:-20])
    with pytest.raises(Refused, match=r"broken\.json"):
        services.update_feeds(estate, kev_path=broken)
    assert list(Kev.objects.values_list("cve", flat=True)) == ["CVE-2024-0001"]
    assert FeedUpdate.objects.count() == 1
    neither = tmp_path / "notes.txt"
    neither.write_text("hello")
    with pytest.raises(Refused, match="no feed that is read"):
        services.update_feeds_from(estate, [neither])


def test_an_interrupted_load_is_taken_up(
    estate: User, nessus: Nessus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops after the tables are written and before the findings follow; the next run finds nothing new to load."""
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}, cves=CVES))
    path = kev(tmp_path, "CVE-2024-0001")

    def stop(*_: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(feeds, "note_on_definitions", stop)
        services.update_feeds(estate, kev_path=path)
    assert Finding.objects.get().known_exploited is None
    [update] = services.update_feeds(estate, kev_path=path)
    assert (update.added, update.findings_changed) == (0, 1)
    assert Finding.objects.get().known_exploited is True


def test_no_network_names_the_way_around(estate: User, monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx

    def refuse(*_: Any, **__: Any) -> Any:
        raise httpx.ConnectError("no route to host")

    monkeypatch.setattr(httpx, "stream", refuse)
    with pytest.raises(Refused, match="--from FILE"):
        services.update_feeds(estate)


def test_a_system_that_goes_onto_the_internet(estate: User, nessus: Nessus, tmp_path: Path) -> None:
    services.update_feeds(estate, kev_path=kev(tmp_path, "CVE-2024-9999"))
    import_scan(estate, nessus({"pay.example": [(1, 443, 4)]}, vectors={1: VECTOR}))
    before = Finding.objects.get()
    assert (before.reach, before.worst_class) == ("internal", Urgency.UPGRADE)
    save_row(estate, SYSTEM, {"key": "S-PAY", "name": "Payroll", "reach": "internet"})
    after = Finding.objects.get()
    assert (after.reach, after.worst_class) == ("internet", Urgency.DAYS_14)
    exposure = SystemExposure.objects.get(system__key="S-PAY")
    assert (exposure.class_2, exposure.class_4) == (1, 0)


def test_a_system_that_changes_while_a_scan_comes_in(
    estate: User, nessus: Nessus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The import has read the old facts already; at its end it sees that they are outdated."""
    from accord.exposure.services import closing

    real = closing.note_coverage

    def change(*args: Any, **kwargs: Any) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(handlers, "_facts_changed", lambda actor: None)
            save_row(estate, SYSTEM, {"key": "S-SHOP", "name": "Shop", "reach": "internal"})
        real(*args, **kwargs)

    monkeypatch.setattr(closing, "note_coverage", change)
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}))
    assert Finding.objects.get().reach == "internal"


def test_goals_and_shares_follow(estate: User, nessus: Nessus, rows: Callable[..., Any]) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)]}))
    assert Finding.objects.get().goal_weight == pytest.approx(0.75 * 0.8 * 0.5 * 0.6)
    import_tables(estate, [rows("goal", "key,name,weight", "G-1,Sell,1")])
    assert Finding.objects.get().goal_weight == pytest.approx(0.5 * 0.8 * 0.5 * 0.6)
    import_tables(estate, [rows("goal", "key,name,weight", "G-3,Grow,")])
    assert Finding.objects.get().goal_weight is None, "a goal of unknown weight leaves the others unknown"


def test_links_between_systems_and_assets_follow(estate: User, nessus: Nessus, rows: Callable[..., Any]) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4), (2, 443, 4)]}))
    assert SystemExposure.objects.get(system__key="S-SHOP").open_findings == 2
    shares = rows("system_asset", "system,asset,share", "S-PAY,A-DB,0", "S-PAY,A-PAY,0.5", "S-PAY,A-WEB,0.5")
    import_tables(estate, [shares])
    assert SystemExposure.objects.get(system__key="S-PAY").open_findings == 2
    remove(estate, SYSTEM_ASSET, SystemAsset.objects.get(system__key="S-SHOP", asset__key="A-WEB"))
    assert SystemExposure.objects.get(system__key="S-SHOP").open_findings == 0
    assert Finding.objects.filter(reach="internal").count() == 2


def test_where_there_are_many_a_worker_does_it_once(
    estate: User, nessus: Nessus, rows: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import_scan(estate, nessus({WEB: [(1, 443, 4)], "unknown.example": [(1, 443, 4)]}))
    monkeypatch.setattr(handlers, "FEW_ASSETS", 0)
    monkeypatch.setattr(handlers, "FEW_TARGETS", 0)
    import_tables(
        estate,
        [
            rows("goal", "key,name,weight", "G-1,Sell,1"),
            rows("asset", "key,name,kind,hostnames", "A-U,U,host,unknown.example"),
            rows("system", "key,name,reach", "S-SHOP,Shop,internal"),
        ],
    )
    waiting = Job.objects.get(kind="exposure.refresh")
    assert Finding.objects.filter(reach="internet").exists()
    jobs._execute(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == "done", waiting.error
    assert waiting.result == {"claimed": 1, "moved": 0, "changed": 1}  # a claim moves its own
    assert set(Finding.objects.values_list("reach", flat=True)) == {"internal", ""}


@pytest.mark.parametrize(
    ("links", "facts"),
    [
        ([], AssetFacts("", None)),
        ([("internal", 0.2, 0.5), ("internet", 0.1, 1.0)], AssetFacts("internet", 0.2)),
        ([("internal", 0.2, 0.5), ("", 0.1, 1.0)], AssetFacts("", 0.2)),
        ([("internet", 0.2, 0.5), ("", None, 1.0)], AssetFacts("internet", None)),
        ([("partner", 0.0, 1.0), ("internal", 0.0, 1.0)], AssetFacts("partner", 0.0)),
    ],
)
def test_an_asset_of_several_systems(links: list[Any], facts: AssetFacts) -> None:
    assert combine(links).reach == facts.reach
    assert combine(links).goal_weight == (None if facts.goal_weight is None else pytest.approx(facts.goal_weight))
