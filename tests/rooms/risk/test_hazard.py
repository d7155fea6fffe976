"""A hazard run: from findings to money, anchors that are kept, and prices that stay in step with the findings."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from accord_scanned import EPSS, nessus, scanned_estate
from accord_tables import table
from django.db.models import Sum

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import User
from accord.estate.models import Asset
from accord.exposure import models as exposure
from accord.exposure.models import AssetExposure, Finding, TotalExposure
from accord.exposure.services import check_rollups, import_scan, recompute_rollups, update_feeds_from
from accord.exposure.services.footholds import rate_of
from accord.monitoring import models as monitoring
from accord.risk import services
from accord.risk.hazard.assumptions import BY_KEY
from accord.risk.models import HazardRun, LossRun

pytestmark = pytest.mark.django_db
LOW, MID, HIGH = 0, 1, 2


@pytest.fixture
def scanned(organization: User, tmp_path: Path) -> User:
    return scanned_estate(organization, tmp_path)


def prices() -> dict[tuple[str, str, int], float | None]:
    rows = Finding.objects.values_list("asset__key", "definition__identifier", "port", "price")
    return {(asset, weakness, port): price for asset, weakness, port, price in rows}


def row(run: HazardRun, plural: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in run.result[plural] if row["key"] == key)
    return found


def test_footholds_of_assets_are_kept(scanned: User) -> None:
    web = AssetExposure.objects.get(asset__key="A-1")
    assert web.foothold_rate == pytest.approx(rate_of(0.5)), "two ports, one definition: once"
    assert (web.unknown_high, web.unknown_low, web.unknown_critical) == (1, 0, 0), "3 is unknown, 4 no way in"
    assert AssetExposure.objects.get(asset__key="A-2").foothold_rate == pytest.approx(rate_of(0.02))
    assert list(check_rollups()) == []
    AssetExposure.objects.filter(asset__key="A-1").update(foothold_rate=1.0, unknown_high=7)
    assert any("foothold rate of 1 is kept" in problem for problem in check_rollups())
    recompute_rollups(scanned)
    assert list(check_rollups()) == []


def test_a_run_tells_both_rooms_what_a_foothold_in_a_system_costs(scanned: User) -> None:
    services.run_hazard(scanned)
    fields = ("system__key", "low", "mid", "high", "currency", "at")
    held = list(exposure.SystemStake.objects.order_by("system_id").values_list(*fields))
    assert held and held == list(monitoring.SystemStake.objects.order_by("system_id").values_list(*fields))


def test_prices_sum_to_what_findings_explain(scanned: User) -> None:
    loss: LossRun = services.run_loss(scanned)
    run = services.run_hazard(scanned)
    whole = Finding.objects.aggregate(sum=Sum("price"))["sum"]
    assert whole == pytest.approx(run.result["by_findings"], rel=1e-9)
    assert run.result["by_findings"] + run.result["base"] == pytest.approx(loss.result["mean"]["value"], rel=1e-9)
    assert run.result["loss"][MID] == pytest.approx(loss.result["mean"]["value"], rel=1e-9)
    assert run.result["loss"] == pytest.approx(run.result["stated"])
    ransom = row(run, "scenarios", "R-1")
    assert ransom["by_findings"] == pytest.approx(0.25 * ransom["loss"]), "a quarter of what an attacker does"
    assert run.result["by_findings"] == pytest.approx(ransom["by_findings"]), "errors and insiders need no finding"
    assert [one["key"] for one in run.result["not_quantified"]] == ["R-3", "R-4"]


def test_a_price_is_rate_times_the_foothold_on_its_asset(scanned: User) -> None:
    run = services.run_hazard(scanned)
    web = AssetExposure.objects.get(asset__key="A-1")
    assert web.price_mid is not None and web.price_low is not None and web.price_high is not None
    told = prices()
    half = pytest.approx(rate_of(0.5) * web.price_mid / 2)
    assert told["A-1", "nessus:1", 80] == half and told["A-1", "nessus:1", 443] == half
    unknown = TotalExposure.objects.get().pricing["unknown"][1]
    assert told["A-1", "nessus:3", 80] == pytest.approx(unknown[MID] * web.price_mid)
    assert told["A-1", "nessus:4", 22] is None, "for information only"
    assert told["A-3", "nessus:1", 80] is None, "its asset belongs to no system"
    assert web.price_low <= web.price_mid <= web.price_high
    one, two = (row(run, "systems", key)["price"][MID] for key in ("S-1", "S-2"))
    assert web.price_mid == pytest.approx((0.5 * one + 0.25 * two) * 0.3), "share × exposure × price in the system"


def test_findings_go_and_the_anchor_stays(scanned: User, tmp_path: Path) -> None:
    first = services.run_hazard(scanned)
    before = prices()
    import_scan(scanned, nessus(tmp_path / "two.nessus", {"web.example": [(3, 80, 3)]}, day=9))
    after = prices()
    assert after["A-1", "nessus:1", 80] is None, "closed"
    assert after["A-1", "nessus:3", 80] == before["A-1", "nessus:3", 80]
    gone = 2 * (before["A-1", "nessus:1", 80] or 0.0)
    second = services.run_hazard(scanned)
    assert second.result["by_findings"] == pytest.approx(first.result["by_findings"] - gone)
    assert second.result["loss"][MID] == pytest.approx(first.result["loss"][MID] - gone)
    assert row(second, "scenarios", "R-1")["since"] == row(first, "scenarios", "R-1")["since"]
    assert prices() == after
    anew = services.run_hazard(scanned, anew=True)
    assert anew.result["loss"][MID] == pytest.approx(first.result["loss"][MID])
    assert row(anew, "scenarios", "R-1")["since"] != row(first, "scenarios", "R-1")["since"]


def test_a_changed_statement_is_anchored_again(scanned: User) -> None:
    first = services.run_hazard(scanned)
    columns = "key,name,threat,effect,frequency_low,frequency_mid,frequency_high"
    import_tables(scanned, [table("scenario", f"{columns}\nR-1,Ransomware,external,outage,0.1,0.4,1.2")])
    second = services.run_hazard(scanned)
    assert row(second, "scenarios", "R-1")["since"] != row(first, "scenarios", "R-1")["since"]
    assert second.result["by_findings"] == pytest.approx(2 * first.result["by_findings"])


def test_an_import_prices_what_it_brings(scanned: User, tmp_path: Path) -> None:
    services.run_hazard(scanned)
    hosts = {"web.example": [(1, 80, 4), (1, 443, 4), (1, 8080, 4), (2, 80, 2), (3, 80, 3)]}
    import_scan(scanned, nessus(tmp_path / "two.nessus", hosts, day=9))
    landed = prices()
    web = AssetExposure.objects.get(asset__key="A-1")
    assert web.price_mid is not None
    assert landed["A-1", "nessus:1", 8080] == pytest.approx(rate_of(0.5) * web.price_mid / 3), "three share it"
    assert landed["A-1", "nessus:1", 80] == landed["A-1", "nessus:1", 8080]
    assert landed["A-1", "nessus:2", 80] == pytest.approx(rate_of(0.02) * web.price_mid)
    services.run_hazard(scanned)
    assert prices() == pytest.approx(landed)
    assert list(check_rollups()) == []


def test_a_feed_changes_prices_at_once(scanned: User, tmp_path: Path) -> None:
    services.run_hazard(scanned)
    feed = tmp_path / "epss_scores-later.csv"
    feed.write_text(EPSS.replace("05-01", "05-02") + "CVE-2024-0001,0.1,0.9\nCVE-2024-0003,0.3,0.5\n", encoding="utf-8")
    update_feeds_from(scanned, [feed])
    web = AssetExposure.objects.get(asset__key="A-1")
    assert web.price_mid is not None
    assert prices()["A-1", "nessus:1", 80] == pytest.approx(rate_of(0.1) * web.price_mid / 2)
    assert prices()["A-1", "nessus:3", 80] == pytest.approx(rate_of(0.3) * web.price_mid)
    assert web.foothold_rate == pytest.approx(rate_of(0.1) + rate_of(0.3))
    assert list(check_rollups()) == []


def test_a_price_orders_findings_inside_their_class(scanned: User) -> None:
    services.run_hazard(scanned)
    found = list(Finding.objects.filter(rank__isnull=False).order_by("rank", "id"))
    for one, other in pairwise(found):
        if (one.worst_class, one.best_class) == (other.worst_class, other.best_class):
            assert (one.price or 0) >= (other.price or 0)


def test_a_control_lowers_footholds_and_its_silence_has_a_price(scanned: User) -> None:
    before = services.run_hazard(scanned)
    import_tables(scanned, [
        table("control", "key,name,state,capability_low,capability_mid,capability_high,reliability_low,reliability_mid,"
                         "reliability_high\nCT-1,Backups,operating,0.5,0.6,0.8,0.9,0.9,0.9"),
        table("control_system", "control,system,coverage_low,coverage_mid,coverage_high\n"
                                "CT-1,S-1,0.5,1,1\nCT-3,S-2,,,"),
    ])  # fmt: skip
    after = services.run_hazard(scanned)
    rows = {row["control"]: row for row in after.result["safeguards"]}
    assert rows["CT-1"]["effective"] == pytest.approx([0.225, 0.54, 0.72])
    more = before.result["loss"][MID] - after.result["loss"][MID]
    assert rows["CT-1"]["silent"][MID] == pytest.approx(more), "the anchor is that of before"
    assert rows["CT-3"]["missing"] == ["coverage", "capability", "reliability"]
    assert rows["CT-3"]["silent"][MID] == 0.0 < rows["CT-3"]["silent"][HIGH]
    told = next(one for one in after.result["to_fill_in"] if one["what"].startswith("Controls"))
    assert told["number"] == 1


def test_an_assumption_is_narrowed_and_refused(scanned: User) -> None:
    first = services.run_hazard(scanned)
    import_tables(scanned, [table("hazard_assumption", "key,low,mid,high,source\nexplained_external,0.5,0.5,0.5,ours")])
    second = services.run_hazard(scanned)
    assert second.result["by_findings"] == pytest.approx(2 * first.result["by_findings"])
    assert second.result["assumptions"]["spread_to_needed"] == list(BY_KEY["spread_to_needed"].ends)
    wrong = (("explained_external,0.5,0.4,0.9,x", "do not rise"), ("spread_to_needed,0.1,0.2,0.9,x", "over 0.49"))
    for text, words in wrong:
        with pytest.raises(Refused, match=words):
            import_tables(scanned, [table("hazard_assumption", f"key,low,mid,high,source\n{text}")])


def test_what_is_unknown_is_listed(scanned: User) -> None:
    told = {row["what"]: row["number"] for row in services.run_hazard(scanned).result["to_fill_in"]}
    assert told["Findings without EPSS"] == 1
    assert told["Systems of unknown exposure"] == 3
    assert told["Scanned assets of no system"] == 1
    assert told["Scenarios without figures"] == 2


def test_every_price_is_in_the_ledger_chain(scanned: User) -> None:
    run = services.run_hazard(scanned)
    assert ledger.verify().holds
    assert run.ledger_number > 0 and len(run.inputs_hash) == 64
    assert Asset.objects.count() == 3


def test_without_findings_the_whole_loss_is_base(organization: User) -> None:
    run = services.run_hazard(organization)
    assert run.result["by_findings"] == 0.0
    assert run.result["top"] is None
    assert run.result["loss"][MID] == pytest.approx(run.result["base"])
