"""Shared causes, drivers and the worth of information in the loss run and on its page."""

from __future__ import annotations

import pytest
from accord_tables import table
from django.test import Client

from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import User
from accord.risk import selectors, services
from accord.risk.models import LossRun

pytestmark = pytest.mark.django_db
CAUSES = (
    "key,name,rate_low,rate_mid,rate_high\nC-1,Identity provider,0.02,0.05,0.1\nC-2,Data centre,,,\n"
    "C-3,Supplier,3,4,5\nC-4,Power,0.1,0.2,0.3"
)
STRIKES = "cause,scenario,probability\nC-1,R-1,0.9\nC-1,R-2,0.8\nC-2,R-1,0.5\nC-3,R-1,0.9\nC-4,R-3,1"


@pytest.fixture
def caused(organization: User) -> User:
    import_tables(
        organization,
        [
            table("shared_cause", CAUSES),
            table("shared_cause_scenario", STRIKES),
            table("initiative", "key,name,sponsor,duration_quarters\nN-1,Segmentation,ciso,2\nN-2,Nothing known,cio,1"),
            table("initiative_cost", "initiative,year,capital,running\nN-1,1,200000,30000"),
            table(
                "initiative_effect",
                "initiative,scenario,frequency_low,frequency_mid,frequency_high\nN-1,R-1,0.2,0.5,0.7\nN-2,R-1,0.1,0.2,0.3",
            ),
        ],
    )
    return organization


def test_a_run_with_shared_causes(caused: User) -> None:
    run = services.run_loss(caused)
    result = run.result
    told = result["causes"]
    assert [row["key"] for row in told["rows"]] == ["C-1"]
    left_out = {row["key"]: row["reason"] for row in told["left_out"]}
    assert set(left_out) == {"C-2", "C-3", "C-4"}
    assert "unknown" in left_out["C-2"]
    assert "set off" in left_out["C-3"]
    assert "no scenario that has figures" in left_out["C-4"]
    # The mean is that of independent scenarios, the tail is not.
    assert sum(row["mean"] for row in result["scenarios"]) == pytest.approx(result["mean"]["value"])
    tail = selectors.level_of(run, "tvar", 0.99)
    assert tail is not None
    assert sum(row["tail"] for row in result["scenarios"]) == pytest.approx(tail["value"])
    fact = selectors.shared_tail(run)
    assert fact is not None
    assert fact.value is not None
    assert fact.interval is not None
    assert fact.interval[0] <= fact.value <= fact.interval[1]


def test_what_drives_the_loss_and_what_to_find_out(caused: User) -> None:
    run = services.run_loss(caused)
    swings = selectors.swings(run)
    assert {row["key"] for row in swings} >= {"R-1|frequency", "R-1|productivity", "R-1|CT-3|frequency"}
    widths = [abs(row["high"] - row["low"]) for row in swings]
    assert widths == sorted(widths, reverse=True)
    assert all(row["value"] == pytest.approx(run.result["mean"]["value"]) for row in swings)
    assert swings[0]["tail_low"] is None or swings[0]["tail_low"] < swings[0]["tail_high"]
    assert sum(row["first"] or 0 for row in swings) <= 1 + 1e-9
    told = run.result["information"]
    assert {one["key"] for one in told["options"]} == {"", "N-1"}
    assert [(one["key"], one["reason"]) for one in told["left_out"]] == [("N-2", "Its cost is unknown.")]
    assert told["evpi"]["value"] >= 0
    fact = selectors.worth_of_knowing(run)
    assert fact is not None
    assert fact.unit == run.currency


def test_the_page_shows_them(caused: User, cio: User) -> None:
    services.run_loss(caused)
    client = Client()
    client.force_login(cio)
    page = client.get("/loss/").content.decode()
    for words in ("Shared causes", "Identity provider", "What drives the expected loss", "What to find out next"):
        assert words in page
    assert "How often it strikes is unknown." in page


def test_a_run_of_the_earlier_method_is_still_shown(caused: User, cio: User) -> None:
    run = services.run_loss(caused)
    for name in ("causes", "swings", "indices", "information"):
        del run.result[name]
    LossRun.objects.filter(pk=run.pk).update(result=run.result)
    client = Client()
    client.force_login(cio)
    page = client.get("/loss/").content.decode()
    assert "Scenarios" in page
    assert "What to find out next" not in page
    assert selectors.driver_statements(run) == []


def test_causes_out_of_order_are_refused(organization: User) -> None:
    for line in ("C,x,0.3,0.2,0.1", "C,x,0.1,,", "C,x,0,0,0"):
        with pytest.raises(Refused):
            import_tables(organization, [table("shared_cause", f"key,name,rate_low,rate_mid,rate_high\n{line}")])
