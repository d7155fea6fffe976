"""A loss run: what goes in, what comes out, and on whom it falls."""

from __future__ import annotations

import numpy as np
import pytest
from accord_tables import table
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import LedgerEntry, User
from accord.engines.loss import Portfolio
from accord.risk import figures, selectors, services
from accord.risk.models import ControlEffect, LossRun, Scenario
from accord.risk.selectors.inputs import RELEVANT, Reduction, read

pytestmark = pytest.mark.django_db
MONEY = pytest.approx


def means(run: LossRun) -> dict[str, float]:
    return {row["key"]: row["mean"] for row in run.result["scenarios"]}


def expected(frequency: list[float], *losses: list[float]) -> float:
    """Expected annual loss in closed form."""
    return float(Portfolio(["x"], [frequency], [losses]).annual_moments()[0][0])


def test_operating_controls_multiply_what_is_left(organization: User) -> None:
    run = services.run_loss(organization)
    ransom = expected([0.05, 0.2, 0.6], [200e3, 800e3, 4e6], [50e3, 150e3, 600e3])
    payment = expected([0.5, 2.0, 6.0], [2e3, 10e3, 60e3])
    row = next(r for r in run.result["scenarios"] if r["key"] == "R-1")
    assert means(run) == MONEY({"R-1": ransom * 0.75 * 0.6, "R-2": payment * 0.5}, rel=1e-9)
    assert row["without_controls"] == MONEY(ransom)
    assert (row["low"], row["high"]) == MONEY((ransom * 0.5 * 0.4, ransom * 0.9 * 0.8))
    assert row["controls"] == ["CT-1", "CT-3"]
    assert run.result["mean"]["value"] == MONEY(sum(means(run).values()))
    assert run.result["mean"]["low"] < run.result["mean"]["value"] < run.result["mean"]["high"]


def test_what_is_unknown_is_named_and_in_no_figure(organization: User) -> None:
    run = services.run_loss(organization)
    reasons = {row["key"]: row["reason"] for row in run.result["not_quantified"]}
    assert set(reasons) == {"R-3", "R-4"}
    assert "frequency is unknown" in reasons["R-3"]
    assert "costs is unknown" in reasons["R-4"]
    assert all(row["remedy"] for row in run.result["not_quantified"])
    assert set(means(run)) == {"R-1", "R-2"}
    facts = {fact.key: fact for fact in selectors.statements(run, None)}
    assert facts["loss.not_quantified"].value == 2
    assert facts["loss.appetite"].value is None
    assert facts["loss.appetite"].figure == "unknown"


def test_a_bound_of_zero_is_not_quantified_rather_than_guessed(organization: User) -> None:
    Scenario.objects.filter(key="R-2").update(frequency_low=0)
    run = services.run_loss(organization)
    row = next(r for r in run.result["not_quantified"] if r["key"] == "R-2")
    assert "5 % bound is 0" in row["reason"]


@pytest.mark.parametrize("what", ["mean", "tail"])
def test_systems_goals_and_units_with_the_rest_sum_to_the_whole(what: str, organization: User) -> None:
    result = services.run_loss(organization).result
    whole = sum(row[what] for row in result["scenarios"])
    for plural in ("systems", "goals", "units"):
        rows = result[plural]
        assert sum(row[what] for row in rows["rows"]) + rows["not_assigned"][what] == MONEY(whole, rel=1e-9)


def test_shares_carry_the_loss_along_the_chain(organization: User) -> None:
    run = services.run_loss(organization)
    ransom, payment = means(run)["R-1"], means(run)["R-2"]
    amounts = {
        plural: {row["key"]: row["mean"] for row in run.result[plural]["rows"]}
        for plural in ("systems", "goals", "units")
    }
    rest = {plural: run.result[plural]["not_assigned"]["mean"] for plural in amounts}
    assert amounts["systems"] == MONEY({"S-1": 0.7 * ransom, "S-2": payment, "S-3": 0.2 * ransom})
    assert rest["systems"] == MONEY(0.1 * ransom)
    # Shipping carries 0.75 × 0.8 of the weight through the first goal and 0.25 × 0.5 × 0.2 through the second.
    first = 0.6 / 0.625
    assert amounts["goals"] == MONEY({"G-1": 0.7 * ransom * first, "G-2": 0.7 * ransom * (1 - first) + payment})
    assert rest["goals"] == MONEY(0.3 * ransom)
    assert amounts["units"] == MONEY({"U-1": 0.7 * ransom * 0.75, "U-2": 0.7 * ransom * 0.25 + payment})
    assert rest["units"] == MONEY(0.3 * ransom)


def test_an_unknown_weight_leaves_a_systems_loss_unassigned_to_goals(organization: User) -> None:
    import_tables(organization, [table("goal", "key,name,weight\nG-2,Keep the books,")])
    result = services.run_loss(organization).result
    assert result["goals"]["rows"] == []
    assert result["goals"]["not_assigned"]["mean"] == MONEY(result["mean"]["value"])


def test_the_run_is_kept_with_its_hash_and_in_the_ledger(organization: User) -> None:
    run = services.run_loss(organization)
    entry = LedgerEntry.objects.latest("number")
    assert (entry.verb, entry.noun, entry.key, entry.actor) == ("run", "loss", str(run.pk), organization.email)
    assert ledger.verify().holds
    assert run.inputs_hash == read(run.currency).hash
    assert selectors.latest_run() == run
    job = jobs.run_now(organization, "risk.run_loss")
    assert job.state == job.State.DONE, job.error
    latest = selectors.latest_run()
    assert latest is not None and job.result["run"] == latest.pk
    assert latest.result == run.result


def test_a_run_is_stale_when_and_only_when_its_inputs_changed(organization: User) -> None:
    services.run_loss(organization)

    def stale() -> tuple[bool, int]:
        latest = selectors.latest_run()
        assert latest is not None
        with CaptureQueriesContext(connection) as asked:
            return selectors.is_stale(latest), len(asked)

    assert stale() == (False, 0)
    import_tables(
        organization, [table("scenario", "key,name,threat,effect,description\nR-1,Ransomware,external,outage,x")]
    )
    found, asked = stale()
    assert not found
    assert 0 < asked <= 12
    import_tables(organization, [table("control", "key,name,state\nCT-3,Training,retired")])
    assert stale()[0]
    services.run_loss(organization)
    assert stale() == (False, 0)


def test_every_noun_that_goes_in_counts_for_staleness(organization: User) -> None:
    """A change through any of these tables must be able to make a run stale."""
    from accord.core import nouns

    assert all(nouns.find(name) is not None for name in RELEVANT)


def test_nothing_to_quantify_is_refused_with_what_to_do(ciso: User) -> None:
    with pytest.raises(Refused, match="No scenario has both"):
        services.run_loss(ciso)
    assert not LossRun.objects.exists()
    job = jobs.run_now(ciso, "risk.run_loss")
    assert job.state == job.State.FAILED
    assert "No scenario has both" in job.error


def test_reading_the_inputs_asks_the_same_number_of_questions_for_more_rows(organization: User) -> None:
    with CaptureQueriesContext(connection) as few:
        read("EUR")
    lines = "\n".join(f"X-{n},More {n},error,outage,0.1,0.2,0.3" for n in range(30))
    head = "key,name,threat,effect,frequency_low,frequency_mid,frequency_high"
    import_tables(organization, [table("scenario", f"{head}\n{lines}")])
    with CaptureQueriesContext(connection) as many:
        read("EUR")
    assert len(few) == len(many) == 9


def test_only_a_whole_interval_touches_a_side() -> None:
    effects = [
        Reduction("a", "A", "s", (0.1, 0.2, 0.3), None),
        Reduction("b", "B", "s", (0.0, 0.5, 1.0), (-1.0, -0.5, 0.0)),
    ]
    assert [figures.remaining(effects, "frequency", end) for end in range(3)] == MONEY([0.9, 0.4, 0.0])
    assert [figures.remaining(effects, "magnitude", end) for end in range(3)] == MONEY([2.0, 1.5, 1.0])


def test_initiative_effects_are_read_with_their_sides(organization: User) -> None:
    import_tables(
        organization,
        [
            table("initiative", "key,name,sponsor,duration_quarters\nI-1,Segment,ciso,4"),
            table(
                "initiative_effect",
                "initiative,scenario,frequency_low,frequency_mid,frequency_high\nI-1,R-1,-0.2,0.3,0.5",
            ),
        ],
    )
    (effect,) = selectors.initiative_effects()
    assert (effect.key, effect.scenario, effect.frequency, effect.magnitude) == ("I-1", "R-1", (-0.2, 0.3, 0.5), None)


def test_the_curve_is_read_between_its_points() -> None:
    points = [(0.0, 0.8), (100.0, 0.4), (10_000.0, 0.004)]
    assert selectors.exceeding(points, 0.0) == MONEY(0.8)
    assert selectors.exceeding(points, 50.0) == MONEY(0.6)
    assert selectors.exceeding(points, 1000.0) == MONEY(0.04)
    assert selectors.exceeding(points, 10_000.0) == MONEY(0.004)
    assert selectors.exceeding(points, 10_001.0) is None


def test_the_stored_curve_agrees_with_the_quantiles(organization: User) -> None:
    run = services.run_loss(organization)
    for row in run.result["var"]:
        if row["value"] > 0:
            assert selectors.exceeding(selectors.curve(run), row["value"]) == MONEY(1 - row["level"], rel=5e-3)
    amounts = [amount for amount, _ in selectors.curve(run)]
    assert (np.diff(amounts) > 0).all()


def test_an_effect_on_a_removed_scenario_goes_with_it(organization: User) -> None:
    Scenario.objects.filter(key="R-2").delete()
    assert not ControlEffect.objects.filter(scenario__key="R-2").exists()
    assert set(means(services.run_loss(organization))) == {"R-1"}
