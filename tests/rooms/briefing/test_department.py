"""A department's page: what is theirs, in plain words, and nothing of anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accord.briefing.selectors.department import department, hours, money_a_week
from accord.core.models import User
from accord.core.roles import Role
from accord.engines.readability import assess
from accord.estate.models import System
from accord.exposure.models import Fix, FixDecision, FixEffort, FixState, SystemFix

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def fixes(company: User) -> None:
    shop, pay = System.objects.get(key="S-SHOP"), System.objects.get(key="S-PAY")
    common = {"first_seen": NOW, "worst_class": 1, "open_findings": 3}
    upgrade = Fix.objects.create(
        key="U1", kind="upgrade", title="Upgrade libpay", component="libpay", target_version="2.1", **common
    )
    remedy = Fix.objects.create(key="R1", kind="remedy", title="Weak cipher", **common)
    counts = {"open_findings": 3, "worst_class": 1, "known_exploited": 1, "due": NOW - timedelta(days=1)}
    money = {"price_low": 365.25, "price_mid": 3652.5, "price_high": 36525.0, "unpriced": 1}
    SystemFix.objects.create(fix=upgrade, system=shop, owner=shop.it_owner, **counts, **money)
    SystemFix.objects.create(fix=remedy, system=shop, open_findings=1, worst_class=3)
    SystemFix.objects.create(fix=remedy, system=pay, open_findings=2, worst_class=3)
    SystemFix.objects.create(fix=upgrade, system=pay, open_findings=2, accepted=1, claimed=1, worst_class=1)
    FixState.objects.update_or_create(id=1, defaults={"counted_at": NOW, "stale": False})


def test_the_most_urgent_comes_first_with_what_a_week_costs(fixes: None) -> None:
    found = department("U-S", NOW)
    assert found is not None
    first, second = found.repairs
    assert first.what == "Update libpay to version 2.1 on Shop."
    assert first.late
    assert first.week == pytest.approx((7, 70, 700))
    assert "Attackers already use" in first.why
    assert "internet" in first.why
    assert "“Sell”" in first.why and "30\N{NO-BREAK SPACE}% of all goals" in first.why
    assert (second.week, second.costs, second.due) == (None, "not known yet", None)
    assert (found.late, found.more) == (1, 0)


def test_what_is_accepted_or_waits_for_proof_is_not_asked_for(fixes: None) -> None:
    found = department("U-IT", NOW)
    assert found is not None
    assert [one.what for one in found.repairs] == ["Close “Weak cipher” on Payroll."]


def test_units_below_count_and_unknown_units_do_not(fixes: None) -> None:
    whole = department("U", NOW)
    assert whole is not None
    assert len(whole.repairs) == 3
    assert department("U-X", NOW) is None


def test_what_was_agreed_and_how_long_it_stands_still(fixes: None) -> None:
    shop, fix = System.objects.get(key="S-SHOP"), Fix.objects.get(key="U1")
    FixDecision.objects.create(
        system=shop,
        fix=fix,
        choice="mitigate",
        until=datetime(2026, 7, 1, tzinfo=UTC).date(),
        decision="D-1",
        address="/x",
    )
    FixEffort.objects.create(
        applies_to="component:libpay", hours_low=1, hours=2, hours_high=3, restart=True, downtime_low=1, downtime=2,
        downtime_high=4,
    )  # fmt: skip
    found = department("U-S", NOW)
    assert found is not None
    assert found.repairs[0].agreed.startswith("Agreed: protected in another way until")
    assert hours(found.repairs[0].still) == "2 hours (from 1 to 4)"
    assert hours(found.repairs[1].still) == "not known yet"
    assert hours((0, 0, 0)) == "not at all"
    assert money_a_week(None) == "not known yet"


def test_the_words_are_plain(fixes: None) -> None:
    found = department("U", NOW)
    assert found is not None
    for one in found.repairs:
        reading = assess(f"{one.what} {one.why}")
        assert not reading.jargon, one.why


def test_a_head_sees_their_own_unit_only(fixes: None, account: Callable[..., User]) -> None:
    http = Client(headers={"host": "localhost"})
    http.force_login(account(Role.HEAD, "U-S"))
    assert http.get("/departments/").headers["location"] == "/departments/U-S/"
    page = http.get("/departments/U-S/").content.decode()
    assert "Update libpay to version 2.1 on Shop." in page
    assert "Payroll" not in page
    assert http.get("/departments/U-SN/").status_code == 200
    assert http.get("/departments/U-IT/").status_code == 404
    assert http.get("/departments/U/").status_code == 404


def test_others_choose_a_department(fixes: None, ciso: User) -> None:
    http = Client(headers={"host": "localhost"})
    http.force_login(ciso)
    assert "Sales north" in http.get("/departments/").content.decode()
    assert http.get("/departments/U-X/").status_code == 404
    assert "Nothing is to repair" in http.get("/departments/U-SN/").content.decode()
