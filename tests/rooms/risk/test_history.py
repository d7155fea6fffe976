"""A scenario's own history: shown beside the stated range, used only when asked, never counted twice."""

from __future__ import annotations

from datetime import date

import pytest
from accord_tables import table
from django.test import Client

from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import LedgerEntry, User
from accord.engines.loss.bayes import prior_of_range, update
from accord.risk import services
from accord.risk.models import ObservedPeriod, Scenario
from accord.risk.selectors.history import own_history, stated_by

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)


@pytest.fixture
def observed(organization: User) -> Scenario:
    """Ransomware, watched since 2021, with two events in and one before the period."""
    events = "key,scenario,date,amount\nI-1,R-1,2020-05-01,1000\nI-2,R-1,2022-05-01,5000\nI-3,R-1,2024-02-01,7000"
    import_tables(
        organization,
        [
            table("loss_event", events),
            table("observed_period", "scenario,since\nR-1,2021-07-01"),
            table("base_rate", "key,scenario,rate,years,source\nB-1,R-1,0.1,5,A register of incidents"),
        ],
    )
    return Scenario.objects.get(key="R-1")


def test_without_a_period_nothing_is_known(organization: User) -> None:
    found = own_history(Scenario.objects.get(key="R-1"), 1.0, TODAY)
    assert found.since is None
    assert found.rows == ()
    assert "since when" in found.missing


def test_the_posterior_counts_the_period_and_what_controls_leave(observed: Scenario) -> None:
    found = own_history(observed, 0.75, TODAY)
    assert found.events == 2
    assert found.years == pytest.approx(5.0, abs=0.01)
    stated, base = found.rows
    exact = update(prior_of_range(0.05, 0.6), 2, found.years * 0.75)
    assert stated.update.posterior.interval == pytest.approx(exact.posterior.interval)
    assert base.source == "A register of incidents"
    assert base.update.posterior.mean == pytest.approx((0.5 + 2) / (5 + found.years * 0.75))


def test_an_event_outside_the_period_does_not_count(observed: Scenario) -> None:
    assert own_history(observed, 1.0, date(2023, 1, 1)).events == 1


def test_a_posterior_is_used_once_and_what_was_before_is_kept(observed: Scenario, ciso: User) -> None:
    history = services.history_of(observed)
    seen = services.posterior_texts(history.rows[0].update.posterior.interval)
    with pytest.raises(Refused, match="has changed"):
        services.use_history(ciso, observed, "range", ("1", "2", "3"))
    services.use_history(ciso, observed, "range", seen)
    observed.refresh_from_db()
    assert float(observed.frequency_mid or 0) == float(seen[1])
    assert "2 own events" in observed.source
    assert ObservedPeriod.objects.get().counted_to == history.until
    entry = LedgerEntry.objects.filter(noun="scenario", key="R-1").latest("number")
    assert '"frequency_mid":"0.2"' in entry.before
    # The same history does not count again.
    again = services.history_of(observed)
    assert (again.events, again.rows) == (0, ())
    with pytest.raises(Refused):
        services.use_history(ciso, observed, "range", seen)


def test_the_page_shows_it_and_the_button_writes_it(observed: Scenario, cio: User) -> None:
    client = Client()
    client.force_login(cio)
    page = client.get("/scenarios/R-1/").content.decode()
    assert "Own history" in page
    assert "A register of incidents" in page
    assert "had not trained their ranges yet" in page
    seen = services.posterior_texts(services.history_of(observed).rows[1].update.posterior.interval)
    body = {"prior": "base", "low": seen[0], "mid": seen[1], "high": seen[2]}
    assert client.post("/history/R-1/use/", body).status_code == 302
    observed.refresh_from_db()
    assert float(observed.frequency_low or 0) == float(seen[0])


def test_whoever_stated_the_frequency_is_named(observed: Scenario, ciso: User) -> None:
    found = stated_by(observed)
    assert found is not None
    assert (found.email, found.ranges) == (ciso.email, 0)


def test_a_base_rate_needs_a_rate_a_weight_and_a_source(organization: User) -> None:
    for line in ("B,R-1,0,5,x", "B,R-1,0.1,0,x", "B,R-1,0.1,5,"):
        with pytest.raises(Refused):
            import_tables(organization, [table("base_rate", f"key,scenario,rate,years,source\n{line}")])
