"""What a decision forecasts is kept when it comes into force; what each executive states is kept before it is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors
from accord.decisions.models import ActualDate, ClosedYear, Decision, Estimate, Forecast
from accord.decisions.selectors.tracking import first_day, last_day
from accord.risk.selectors import latest_run

OPEN = (TwoKeyState.PROPOSED, TwoKeyState.IN_FORCE)
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Stated:
    """One thing that an executive states: a probability of a date, or a 90 % range of money."""

    about: str
    subject: str
    probability: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None


def keep_forecasts(*, decision: Decision, actor: User) -> None:
    """Keep every forecast of a decision that comes into force: dates, the loss of each year, benefits for goals."""
    content: dict[str, Any] = decision.frozen
    result = content["result"]
    if "schedule" not in result:
        return
    rows = [
        Forecast(
            decision=decision, kind=Forecast.Kind.DATES, subject=row["key"],
            data={"name": row["name"], "start": row["start"], "finish": row["finish"],
                  "start_due": last_day(row["start"]).isoformat(), "finish_due": last_day(row["finish"]).isoformat()},
        )
        for row in result["schedule"]
    ]  # fmt: skip
    rows += [
        Forecast(decision=decision, kind=Forecast.Kind.LOSS, subject=str(row["year"]), data=row)
        for row in (_losses(result) if "horizon" in result else ())
    ]
    rows += [
        Forecast(
            decision=decision, kind=Forecast.Kind.BENEFIT, subject=row["key"],
            data={name: row[name] for name in ("name", "weight", "attained", "value")},
        )
        for row in result.get("goals", ())
    ]  # fmt: skip
    with ledger.write(actor) as log:
        Forecast.objects.bulk_create(rows)
        kinds = {kind: sum(1 for row in rows if row.kind == kind) for kind in Forecast.Kind.values}
        log.add("add", "forecast", decision.key, None, kinds)


def _losses(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For each calendar year of the horizon the expected loss, and the newest loss run's distribution of a year."""
    first, run = first_day(result["horizon"]["first"]), latest_run()
    made = None if run is None else {"id": run.pk, "at": run.at.isoformat(), "inputs_hash": run.inputs_hash}
    years: dict[int, list[float]] = {}
    for n, loss in enumerate(result["loss_by_quarter"]):
        years.setdefault(first.year + (first.month - 1 + 3 * n) // 12, []).append(loss)
    curve = None if run is None else selectors.loss_curve(run.result)
    return [
        {
            "year": year, "quarters": len(losses), "expected": sum(losses),
            "curve": curve, "quantiles": None if curve is None else selectors.quantiles_of(curve, QUANTILES),
            "mean": None if run is None else run.result["mean"]["value"],
            "loss_run": made,
        }
        for year, losses in sorted(years.items())
    ]  # fmt: skip


def state_estimates(
    actor: User, decision: Decision, role: Role, stated: Sequence[Stated], today: dt.date | None = None
) -> list[Estimate]:
    """Keep what an executive states in one role. Each once, before it can be known, and never changed afterwards.

    A probability is stated before the quarter begins in which the date is due, a range before its year begins.
    `Refused` names each that is too late, there already, or no forecast of this decision.
    """
    if role not in EXECUTIVES or not actor.has_role(role):
        raise Refused("Only the CIO and the CISO state forecasts, each in their own role.")
    day = today or timezone.localdate()
    with ledger.write(actor) as log:
        if decision.state not in OPEN:
            raise Refused("Forecasts are stated on a decision that waits for its keys or is in force.")
        due = selectors.due_dates(decision)
        happened = dict(ActualDate.objects.filter(initiative__key__in={s for _, s in due}).values_list(
            "initiative__key", "finished"))  # fmt: skip
        there = set(Estimate.objects.filter(decision=decision, role=role.value).values_list("about", "subject"))
        problems = []
        for one in stated:
            problems += _problems(one, due, there, happened, day)
        if len({(one.about, one.subject) for one in stated}) < len(stated):
            problems.append(Problem(None, "subject", "One thing is stated twice.", "State it once."))
        if problems:
            raise Refused(*problems)
        made = [
            Estimate.objects.create(
                decision=decision, role=role.value, about=one.about, subject=one.subject, probability=one.probability,
                low=one.low, high=one.high, by=actor,
            )
            for one in stated
        ]  # fmt: skip
        for one in stated:
            after = {"role": role.value, "probability": one.probability, "low": one.low, "high": one.high}
            log.add("add", "estimate", f"{decision.key}/{one.about}/{one.subject}", None, after)
    return made


def _problems(
    one: Stated, due: Mapping[tuple[str, str], dt.date], there: set[tuple[str, str]],
    happened: Mapping[str, dt.date | None], today: dt.date,
) -> list[Problem]:  # fmt: skip
    place = f"{one.about}:{one.subject}"[:200]
    begins = due.get((one.about, one.subject))
    if begins is None:
        return [Problem(None, place, "The decision forecasts no such thing.", "Choose one of its forecasts.")]
    if (one.about, one.subject) in there:
        return [
            Problem(None, place, "You have stated it already.", "What was stated is not changed, so that it counts.")
        ]
    if today >= begins or happened.get(one.subject) is not None:
        return [Problem(None, place, f"It had to be stated before {begins}.", "Leave it blank.")]
    if one.about in (Estimate.About.START, Estimate.About.FINISH):
        if one.probability is None or one.low is not None or one.high is not None:
            return [Problem(None, place, "It takes a probability.", "Give a share from 0 to 100 %.")]
        if not 0 <= one.probability <= 1:
            return [Problem(None, place, f"{one.probability} is no probability.", "Give a share from 0 to 100 %.")]
    elif one.low is None or one.high is None or one.probability is not None:
        return [Problem(None, place, "It takes a range.", "Give its 5 % and its 95 % end.")]
    elif not 0 <= one.low <= one.high:
        return [Problem(None, place, f"{one.low} to {one.high} is the wrong way round.", "Give the smaller one first.")]
    return []


def close_year(actor: User, year: int, today: dt.date | None = None) -> ClosedYear:
    """Say that all losses of a past year are recorded: without an incident it then counts as a year without loss."""
    if year >= (today or timezone.localdate()).year or year < 2000:
        raise Refused(Problem(None, "year", f"{year} is not over.", "Close a year after its end."))
    with ledger.write(actor) as log:
        found, made = ClosedYear.objects.get_or_create(year=year, defaults={"by": actor})
        if made:
            log.add("close", "loss_year", year, None, {"year": year})
    return found
