"""Targets that no asset answers to: matched by the strongest identifier, listed, claimed, ignored, restored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import LedgerEntry, User
from accord.estate.models import Asset
from accord.exposure import services
from accord.exposure.models import Finding, Target, TotalExposure
from accord.exposure.services import check_rollups, import_scan
from accord.exposure.services.matching import match_targets

Nessus = Callable[..., Path]
Moment = Callable[[float], datetime]
Rows = Callable[..., Any]
STRANGER = "stranger.example"


@pytest.fixture(autouse=True)
def _rollups_agree(db: None) -> Any:
    yield
    assert list(check_rollups()) == []


def target(**told: Any) -> Target:
    names: dict[str, Any] = {"hostnames": [], "addresses": [], "macs": [], "identifiers": []}
    return Target(**{"kind": "host", "name": "x", **names, **told})


@pytest.mark.parametrize(
    ("told", "asset", "by"),
    [
        ({"hostnames": ["web.shop.example"]}, "A-WEB", "hostname:web.shop.example"),
        ({"addresses": ["10.0.0.3"]}, "A-PAY", "address:10.0.0.3"),
        ({"hostnames": ["WEB.SHOP.EXAMPLE".lower()], "addresses": ["10.0.0.2"]}, "A-WEB", "hostname:web.shop.example"),
        (
            {"identifiers": [["aws-instance-id", "i-0abc"]], "hostnames": ["web.shop.example"]},
            "A-DB",
            "aws-instance-id:i-0abc",
        ),
        ({"kind": "repository", "name": "git.example/shop"}, "A-REPO", "repository:git.example/shop"),
        ({"name": "A-PAY"}, "A-PAY", "key:a-pay"),
        ({"name": "Shop code", "kind": "host"}, None, ""),  # a repository of that name is no host
        ({"name": "127.0.0.1", "addresses": ["127.0.0.1"]}, None, ""),
        ({"hostnames": ["unknown.example"]}, None, ""),
    ],
)
def test_the_strongest_identifier_decides(estate: User, told: dict[str, Any], asset: str | None, by: str) -> None:
    [found] = match_targets([target(**told)])
    assert (Asset.objects.get(pk=found.asset).key if found.asset else None, found.by) == (asset, by)


def test_two_assets_with_the_same_identifier_are_told_not_guessed(
    estate: User, rows: Rows, nessus: Nessus
) -> None:
    import_tables(estate, [rows("asset", "key,name,kind,addresses", "A-TWIN,Twin,host,10.0.0.3")])
    import_scan(estate, nessus({"10.0.0.3": [(1, 0, 3)]}))
    found = Target.objects.get()
    assert (found.state, found.asset, found.candidates) == ("unclaimed", None, ["A-PAY", "A-TWIN"])
    assert found.matched_by == "address:10.0.0.3"


def test_what_nobody_knows_is_listed_and_counted(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4), (2, 443, 3)]}))
    found = Target.objects.get(name=STRANGER)
    assert (found.state, found.open_findings) == ("unclaimed", 2)
    total = TotalExposure.objects.get()
    assert (total.unclaimed, total.open_findings) == (1, 2)
    finding = Finding.objects.first()
    assert finding is not None and finding.asset is None and finding.reach == "" and finding.goal_weight is None


def test_claim_moves_its_findings(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4), (2, 443, 3)]}))
    services.claim(estate, [Target.objects.get(name=STRANGER).pk], "A-WEB")
    assert set(Finding.objects.values_list("asset__key", "reach")) == {("A-WEB", "internet")}
    assert TotalExposure.objects.get().unclaimed == 0
    report = import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}, end=moment(1), plugins=[1, 2]))
    assert (report["counts"]["added"], report["counts"]["closed"]) == (0, 1)


def test_claim_makes_one_finding_of_the_same_two(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}))
    import_scan(estate, nessus({"web.shop.example": [(1, 443, 4), (2, 443, 1)]}, end=moment(3)))
    assert Finding.objects.count() == 3
    services.claim(estate, [Target.objects.get(name=STRANGER).pk], "A-WEB")
    assert Finding.objects.count() == 2
    same = Finding.objects.get(definition__identifier="nessus:1")
    assert (same.first_seen, same.last_seen) == (moment(0), moment(3))
    assert LedgerEntry.objects.filter(noun="finding", verb="merge").count() == 1


def test_claim_as_new_makes_the_asset(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}, addresses={STRANGER: "10.9.9.9"}))
    [made] = services.claim_as_new(estate, [Target.objects.get().pk])
    assert (made.key, made.kind, made.hostnames, made.addresses) == (STRANGER, "host", [STRANGER], ["10.9.9.9"])
    assert made.source == "Found by Nessus"
    assert Finding.objects.get().asset == made
    assert LedgerEntry.objects.filter(noun="asset", verb="add", key=STRANGER).exists()


def test_many_at_once(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({f"h{n}.example": [(1, 443, 4)] for n in range(30)}))
    made = services.claim_as_new(estate, Target.objects.values_list("pk", flat=True))
    assert len(made) == 30
    assert not Finding.objects.filter(asset=None).exists()


def test_ignored_does_not_count_and_comes_back(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}))
    found = Target.objects.get()
    with pytest.raises(Refused, match="Say why"):
        services.ignore(estate, [found.pk], " ")
    services.ignore(estate, [found.pk], "A printer of the landlord")
    total = TotalExposure.objects.get()
    assert (total.open_findings, total.unclaimed, total.ignored) == (0, 0, 1)
    import_scan(estate, nessus({STRANGER: [(1, 443, 4), (2, 443, 4)]}, end=moment(1)))
    assert set(Finding.objects.values_list("state", flat=True)) == {"ignored"}
    services.restore(estate, [found.pk])
    assert set(Finding.objects.values_list("state", flat=True)) == {"open"}
    assert TotalExposure.objects.get().open_findings == 2


def test_a_wrong_claim_is_taken_back(estate: User, nessus: Nessus, moment: Moment) -> None:
    import_scan(estate, nessus({"web.shop.example": [(1, 443, 4)]}))
    found = Target.objects.get()
    services.restore(estate, [found.pk])
    finding = Finding.objects.get()
    assert finding.asset is None and finding.reach == ""
    import_scan(estate, nessus({"web.shop.example": [(1, 443, 4)]}, end=moment(1)))
    found.refresh_from_db()
    assert found.state == "unclaimed", "what a person decided is not decided again by a scan"


def test_a_new_asset_finds_its_target_by_itself(estate: User, nessus: Nessus, rows: Rows) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}))
    import_tables(estate, [rows("asset", "key,name,kind,hostnames", f"A-NEW,New,host,{STRANGER}")])
    assert Target.objects.get().state == "claimed"
    assert Finding.objects.get().asset.key == "A-NEW"  # type: ignore[union-attr]


def test_a_later_scan_that_knows_more_names_finds_the_asset(
    estate: User, nessus: Nessus, moment: Moment
) -> None:
    """The target keeps its identity; the address that the second file adds leads to the asset."""
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}))
    assert Target.objects.get().state == "unclaimed"
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}, end=moment(1), addresses={STRANGER: "10.0.0.3"}))
    assert Target.objects.get().state == "claimed"
    assert Finding.objects.get().asset.key == "A-PAY"  # type: ignore[union-attr]


@pytest.mark.parametrize("wrong", [[], [999], list(range(1, 300))])
def test_a_wrong_choice_is_refused(estate: User, wrong: list[int]) -> None:
    with pytest.raises(Refused):
        services.claim(estate, wrong, "A-WEB")


def test_an_unknown_asset_is_refused_and_nothing_changes(estate: User, nessus: Nessus) -> None:
    import_scan(estate, nessus({STRANGER: [(1, 443, 4)]}))
    with pytest.raises(Refused, match="no asset"):
        services.claim(estate, [Target.objects.get().pk], "A-NONE")
    assert Target.objects.get().state == "unclaimed"


def test_an_asset_with_two_interfaces(estate: User, rows: Rows, nessus: Nessus, moment: Moment) -> None:
    """A scan of one address says nothing of a port on the other, though both are the same asset."""
    import_tables(estate, [rows("asset", "key,name,kind,addresses", "A-TWO,Two,host,10.1.0.1; 10.2.0.1")])
    import_scan(estate, nessus({"10.1.0.1": [(1, 8443, 3)]}))
    import_scan(estate, nessus({"10.2.0.1": [(2, 443, 3)]}, end=moment(1), plugins=[1, 2]))
    assert Finding.objects.get(definition__identifier="nessus:1").state == "open"
    import_scan(estate, nessus({"10.1.0.1": []}, end=moment(2), plugins=[1, 2]))
    assert Finding.objects.get(definition__identifier="nessus:1").state == "closed"
