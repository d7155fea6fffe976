"""Fixes: which one closes a finding, and that the count of them agrees with the findings one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from accord.core.models import LedgerEntry, User
from accord.engines import priority
from accord.estate.models import System
from accord.exposure import selectors, services
from accord.exposure.models import IS_OPEN, Finding, Fix, FixState, SystemFix
from accord.exposure.selectors.fixes import findings_of
from accord.exposure.services import lifecycle
from accord.exposure.services.fixes import fix_of_finding, identity_of, key_of, recount_fixes

Nessus = Callable[..., Path]


@pytest.fixture
def landed(estate: User, nessus: Nessus, conftest: Any, tmp_path: Path, rows: Any) -> User:
    """A host scan (no versions) and an image scan (components with fixed versions) on claimed assets."""
    services.import_scan(estate, nessus({"web.shop.example": [(1, 443, 3), (2, 0, 2)], "db.shop.example": [(1, 443, 3)],
                                         "pay.example": [(1, 443, 3), (9, 0, 0)]}))  # fmt: skip
    from accord.core.imports import import_tables

    import_tables(
        estate,
        [
            rows("asset", "key,name,kind,identifiers", "A-IMG,Shop image,image,image:shop/web"),
            rows("system_asset", "system,asset,share", "S-SHOP,A-IMG,0"),
        ],
    )
    path = tmp_path / "image.json"
    path.write_bytes(conftest.trivy_bytes("shop/web:1", [
        ("CVE-2026-0001", "openssl", "HIGH"), ("CVE-2026-0002", "openssl", "CRITICAL"),
        ("CVE-2026-0003", "zlib", "LOW"),
    ]))  # fmt: skip
    services.import_scan(estate, path)
    return estate


def test_the_key_of_a_fix_stays() -> None:
    assert key_of(identity_of("openssl", "3.0.8", "pkg:deb/debian/openssl@3.0.1", 7)) == "FX-b6b8c7c5ee56"
    upgrade = identity_of("openssl", "3.0.8", "pkg:DEB/debian/openssl@3.0.1?arch=amd64", 7)
    assert upgrade == ("upgrade", "deb", "openssl", "3.0.8", None)
    assert key_of(upgrade) == key_of(identity_of("openssl", "3.0.8", "pkg:deb/ubuntu/openssl", 8))
    assert key_of(upgrade) != key_of(identity_of("openssl", "3.0.9", "pkg:deb/ubuntu/openssl", 8))
    assert identity_of("openssl", "", "", 7) == ("remedy", "", "", "", 7)
    assert key_of(identity_of("", "", "", 7), "CVE-1") != key_of(identity_of("", "", "", 7), "CVE-2")


def test_fixes_count_what_people_do_at_once(landed: User) -> None:
    finding = Finding.objects.filter(IS_OPEN).order_by("pk")[0]
    key = fix_of_finding(finding)
    before = Fix.objects.get(key=key)
    lifecycle.act(landed, Finding.objects.filter(pk=finding.pk), lifecycle.Wish("claim", "patched by hand"))
    claimed = Fix.objects.get(key=key)
    assert (claimed.claimed, claimed.open_findings) == (before.claimed + 1, before.open_findings)
    wish = lifecycle.Wish("not_affected", "the part is not used")
    lifecycle.act(landed, Finding.objects.filter(pk=finding.pk), wish)
    assert Fix.objects.get(key=key).open_findings == before.open_findings - 1


def test_of_many_scans_in_a_row_fixes_are_counted_once(estate: User, nessus: Nessus) -> None:
    with services.together(estate):
        for host in ("web.shop.example", "db.shop.example", "pay.example"):
            services.import_scan(estate, nessus({host: [(1, 443, 3), (2, 0, 2)]}))
        assert FixState.objects.get().stale and not Fix.objects.exists()
    assert not FixState.objects.get().stale
    assert sum(Fix.objects.values_list("open_findings", flat=True)) == Finding.objects.filter(IS_OPEN).count() == 6
    assert LedgerEntry.objects.filter(verb="recount", noun="fix").count() == 1


def test_the_count_agrees_with_the_findings_one_by_one(landed: User) -> None:
    recount_fixes(landed)
    by_fix: dict[str, set[int]] = defaultdict(set)
    on_system: dict[tuple[str, str | None], set[int]] = defaultdict(set)
    for finding in Finding.objects.filter(IS_OPEN).select_related("definition", "asset"):
        key = fix_of_finding(finding)
        if key is None:
            assert finding.worst_class == priority.Urgency.NONE
            continue
        by_fix[key].add(finding.pk)
        systems = System.objects.filter(asset_shares__asset=finding.asset_id).values_list("key", flat=True)
        for system in systems or [None]:
            on_system[key, system].add(finding.pk)
    assert {f.key: f.open_findings for f in Fix.objects.all()} == {k: len(v) for k, v in by_fix.items()}
    parts = SystemFix.objects.select_related("fix", "system")
    assert {(p.fix.key, p.system.key if p.system else None): p.open_findings for p in parts} == {
        k: len(v) for k, v in on_system.items()
    }
    for fix in Fix.objects.all():
        rows = findings_of(fix).filter(IS_OPEN)
        assert set(rows.values_list("pk", flat=True)) == by_fix[fix.key]
        assert fix.worst_class == min(rows.values_list("worst_class", flat=True))
        assert fix.unpriced == fix.open_findings and fix.price_mid is None
    assert max(Fix.objects.values_list("systems", flat=True)) == 2


def test_a_fix_on_a_system(landed: User) -> None:
    recount_fixes(landed)
    part = SystemFix.objects.filter(system__key="S-SHOP").order_by("-open_findings").first()
    assert part is not None
    found = selectors.fix_of("S-SHOP", part.fix.key)
    assert found is not None
    assert (found.open_findings, found.price, found.units) == (part.open_findings, None, (("U-S", "Sales"),))
    assert selectors.findings_on(part.fix, part.system).count() == part.open_findings
    assert selectors.fix_of("S-NONE", part.fix.key) is None
    assert selectors.fix_of("S-SHOP", "FX-0") is None


def test_a_fix_with_nothing_left_stays_with_zeros(landed: User) -> None:
    recount_fixes(landed)
    before = Fix.objects.count()
    Finding.objects.filter(IS_OPEN).update(state="closed", rank=None)
    recount_fixes(landed)
    assert Fix.objects.count() == before
    assert not Fix.objects.filter(worst_class__isnull=False).exists()
    assert not SystemFix.objects.exists()
