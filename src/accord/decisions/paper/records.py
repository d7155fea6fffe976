"""A plan or a decision as the records from which its page, its PDF and its slides are made.

Each figure is written here, once: money to the cent, shares to two places of a percent. Of a decision nothing is read
but what it froze and its keys, so that its papers never change once it is signed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions.models import Decision, Plan
from accord.decisions.paper import parts
from accord.decisions.selectors.frontiers import years
from accord.decisions.selectors.plans import currency_of
from accord.outlet.decision import (
    Band,
    Bar,
    Beside,
    Curve,
    DecisionPaper,
    Figure,
    Key,
    Point,
    Resource,
    Step,
)
from accord.ui import format as write
from accord.ui.charts import folded

MOST_STEPS = 16
STATES = {"signed": "signed", "dissent": "dissents", "waiting": "Has not signed"}


def exact(amount: float, currency: str) -> str:
    """Money to the cent with its currency: EUR 1,234,567.89."""
    return f"{currency}{write.NBSP}{write.number(amount, 2)}"


def of_plan(plan: Plan) -> DecisionPaper:
    """The paper of a plan that is not (or not yet) a decision. No query."""
    common: dict[str, Any] = {
        "key": plan.key, "title": plan.name, "status": "A plan. Nobody has signed it.", "why": "",
        "as_of": timezone.localdate(plan.made), "keys": (), "points": (), "hash": plan.inputs_hash,
        "url": _url(f"/plans/{plan.key}/"),
    }  # fmt: skip
    return _paper(plan.name, plan.origin, plan.value, plan.loss, plan.result, currency_of(plan), common)


def of_decision(decision: Decision) -> DecisionPaper:
    """The paper of a decision, from what it froze. One query, for its reservations."""
    content = decision.frozen
    moments = (
        decision.proposed_at, decision.cio_signed_at, decision.ciso_signed_at, decision.dissent_at, decision.in_force_at
    )  # fmt: skip
    last = max(moment for moment in (*moments, decision.created) if moment is not None)
    common: dict[str, Any] = {
        "key": decision.key, "title": decision.title, "status": _status(decision), "why": decision.note,
        "as_of": timezone.localdate(last), "keys": _keys(decision), "points": _points(decision),
        "hash": decision.content_hash, "url": _url(f"/decisions/{decision.key}/"),
    }  # fmt: skip
    currency = content.get("currency") or currency_of(decision.plan)
    figures = (content["value"], content["loss"], content["result"])
    return _paper(content["name"], content["origin"], *figures, currency, common)


def _url(path: str) -> str:
    return f"{settings.ORIGIN}{path}" if settings.ORIGIN else ""


def _status(decision: Decision) -> str:
    since = decision.in_force_at
    if decision.state == TwoKeyState.IN_FORCE and since is not None:
        return f"In force since {write.date(since)}, signed by both."
    return f"{TwoKeyState(decision.state).label}."


def _keys(decision: Decision) -> list[Key]:
    found = []
    for slot in decision.slots:
        words = STATES[slot["state"]]
        if slot["signer"] is not None and slot["at"] is not None:
            words = f"{slot['signer']} {words} on {write.datetime(slot['at'])}"
        how = f", proved by {slot['method']}" if slot["method"] and slot["state"] == "signed" else ""
        found.append(Key(slot["label"], slot["state"], f"{words}{how}."))
    return found


def _points(decision: Decision) -> list[Point]:
    """Under which reservations either signed, and the reason of a dissent."""
    rows = decision.reservations.values_list("role", "name", "reason")
    found = [Point(Role(role).label, name, reason) for role, name, reason in rows]
    if decision.dissent_reason:
        found.append(Point(Role(decision.dissent_role).label, "the whole decision", decision.dissent_reason))
    return found


def _paper(
    name: str, origin: str, value: float, loss: float, result: Mapping[str, Any], currency: str, common: dict[str, Any]
) -> DecisionPaper:
    span, quarters = years(dict(result)), _quarters(result)
    through = f"{write_quarter(quarters[0])} to {write_quarter(quarters[-1])}"
    curves = _curves(result)
    bars = [
        Bar(row["name"], row["sponsor"].upper(), row["start"], row["finish"], write.number(_money(row), 2))
        for row in sorted(result["schedule"], key=lambda row: (row["start"], row["key"]))
    ]
    as_of: dt.date = common["as_of"]
    return DecisionPaper(
        plan=name,
        organization=" · ".join(text for text in (settings.ACCORD_ORGANIZATION, settings.ACCORD_NOTICE) if text),
        as_of_words=f"As of {as_of.day} {as_of:%B %Y}",
        currency=currency,
        figures=_figures(result, value, loss, currency, through),
        beside=_beside(result, name, origin, value, loss, span),
        along=[(row[0] / span, row[1]) for row in result.get("along", ())],
        curves=curves,
        steps=_steps(result, loss, span),
        quarters=quarters,
        bars=bars,
        money=_resources(result, quarters, currency),
        people=[Resource(r["skill"], "FTE", tuple(r["used"]), tuple(r["limit"])) for r in result["people"]],
        swings=parts.swings(result),
        goals=parts.goals(result),
        sources=[*_sources(result, through, currency), *parts.sources(result)],
        alternatives=_alternatives(result, value, loss, currency, curves) | parts.alternatives(result, currency),
        **common,
    )


def _quarters(result: Mapping[str, Any]) -> list[str]:
    first = result["horizon"]["first"]
    begin = int(first[:4]) * 4 + int(first[-1]) - 1
    return [f"{n // 4}-Q{n % 4 + 1}" for n in range(begin, begin + result["horizon"]["quarters"])]


def write_quarter(quarter: str) -> str:
    """Q1 2027."""
    year, number = quarter.split("-Q")
    return f"Q{number} {year}"


def _money(row: Mapping[str, Any]) -> float:
    return float(sum(part["capital"] + part["running"] for part in row["money"]))


def _figures(result: Mapping[str, Any], value: float, loss: float, currency: str, through: str) -> list[Figure]:
    span = years(dict(result))
    today, capital, running = (
        result["loss_today"],
        *(sum(row[kind] for row in result["money"]) for kind in ("capital", "running")),
    )
    gap, side = result.get("gap"), "less loss" if result.get("objective") == "loss" else "more value"
    found = [
        Figure("value", "Strategic value", write.percent(value, 2), f"Weight of goals' gaps closed, {through}."),
        Figure("loss", "Expected loss a year", exact(loss / span, currency), f"On average over {through}."),
        Figure("today", "Expected loss a year, today", exact(today / span, currency), "If nothing is started."),
        Figure("avoided", "Loss avoided a year", exact((today - loss) / span, currency), "Today less with the plan."),
        Figure("money", "Money over the horizon", exact(capital + running, currency), "Capital and running cost."),
        Figure("capital", "Of it capital", exact(capital, currency)),
        Figure("running", "Of it running cost", exact(running, currency)),
        Figure(
            "initiatives", "Initiatives", f"{len(result['schedule'])} of {len(result['reasons'])}", "Started, of all."
        ),
        Figure(
            "gap", "Proved gap", write.percent(gap, 2),
            "It was not compared." if gap is None else f"No plan has over this much {side}.",
        ),
    ]  # fmt: skip
    curves = result.get("curves")
    if curves:
        label = f"One year in {round(1 / (1 - curves['level']))} costs more"
        found += [
            Figure("bad_today", f"{label}, today", exact(_bad(curves, "today"), currency), "If nothing is started."),
            Figure("bad_after", f"{label}, all done", exact(_bad(curves, "after"), currency), "With the whole plan."),
            Figure(
                "after", "Expected loss a year, all done", exact(curves["mean"]["after"], currency),
                f"{exact(curves['mean']['low'], currency)} to {exact(curves['mean']['high'], currency)} "
                "if all effects are at their strongest or weakest.",
            ),
        ]  # fmt: skip
    return found


def _bad(curves: Mapping[str, Any], when: str) -> float:
    return float(curves["var"][when]["value"])


def _beside(result: Mapping[str, Any], name: str, origin: str, value: float, loss: float, span: float) -> list[Beside]:
    rows = [dict(row) for row in result.get("compared", ())]
    if rows and all(row["origin"] != origin for row in rows):
        used = sum(row["capital"] + row["running"] for row in result["money"])
        count = len(result["schedule"])
        own = {"origin": "own", "name": name, "value": value, "loss": loss, "count": count, "money": used}
        rows.append(own)
        origin = "own"
    joint = next((row for row in rows if row["origin"] == "joint"), None)
    return [_side(row, joint, span, chosen=row["origin"] == origin) for row in rows]


def _side(row: Mapping[str, Any], joint: Mapping[str, Any] | None, span: float, *, chosen: bool) -> Beside:
    if row["value"] is None:
        unknown = write.UNKNOWN
        texts = (unknown, unknown, unknown, unknown, unknown, unknown)
        return Beside(row["origin"], row["name"], *texts, note=row.get("reason", ""))
    given = None if joint is None else joint["value"] - row["value"]
    more = None if joint is None else (row["loss"] - joint["loss"]) / span
    return Beside(
        row["origin"], row["name"], write.percent(row["value"], 2), write.number(row["loss"] / span, 2),
        write.number(row["money"], 2), str(row["count"]),
        write.UNKNOWN if given is None else write.number(100 * given, 2), write.number(more, 2),
        row["loss"] / span, row["value"], chosen,
    )  # fmt: skip


def _curves(result: Mapping[str, Any]) -> list[Curve]:
    kept = result.get("curves")
    if not kept:
        return []
    amounts = kept["amounts"]

    def line(name: str) -> list[tuple[float, float]]:
        return list(zip(amounts, kept[name], strict=True))

    band = Band(list(zip(amounts, kept["strongest"], kept["weakest"], strict=True)))
    found = [Curve("today", "Today", line("today")), Curve("plan", "With the plan, all done", line("after"), band)]
    if kept["appetite"]:
        found.append(Curve("appetite", "Risk appetite", [(a, p) for a, p in kept["appetite"]]))
    return found


def _steps(result: Mapping[str, Any], loss: float, span: float) -> list[Step]:
    kept = result.get("steps")
    if kept is None:
        return []
    rows = [("Today", result["loss_today"] / span, True)]
    rows += [(row["name"], row["loss"] / span, False) for row in kept]
    rows.append(("With the plan", loss / span, True))
    return [
        Step(name, amount, f"{'' if total or amount < 0 else '+'}{write.number(amount, 2)}", total)
        for name, amount, total in folded(rows, MOST_STEPS)
    ]


def _resources(result: Mapping[str, Any], quarters: Sequence[str], currency: str) -> list[Resource]:
    """Money of each kind by quarter, on what was spent before it in the same year, below the year's budget."""
    kept = result.get("by_quarter")
    if kept is None:
        return []
    limits = {row["year"]: row for row in result["money"]}
    found = []
    for kind, name in (("capital", "Capital"), ("running", "Running cost")):
        before: list[float] = []
        spent, year = 0.0, ""
        for quarter, amount in zip(quarters, kept[kind], strict=True):
            spent = spent if quarter[:4] == year else 0.0
            before.append(spent)
            spent, year = spent + amount, quarter[:4]
        limit = [float(limits[int(quarter[:4])][f"{kind}_limit"]) for quarter in quarters]
        found.append(Resource(name, currency, tuple(kept[kind]), limit, before))
    return found


def _sources(result: Mapping[str, Any], through: str, currency: str) -> list[str]:
    curves = result.get("curves")
    found = [
        f"Value: the weight of the goals' gaps that the plan closes, on average over {through}.",
        f"Expected loss: what is left of the quantified scenarios' expected loss, {currency} a year, on average over "
        f"{through}; benefits begin when an initiative is finished.",
        "Steps: the change of the loss as each initiative joins those that start before it; they add up exactly, the "
        "part of a single one depends on the order.",
        "Money: capital and running cost of the initiatives, by the calendar years of the budgets.",
        "People: full-time equivalents by skill and quarter, of those that are free.",
        "Gap: the planner's proved bound on every plan under the same budgets, people, windows and relations.",
    ]
    if curves:
        found.append(
            "Curves: the exact distribution of the loss of one year, today and when all is done; the band is where all "
            "effects are at their strongest and at their weakest."
        )
    if curves and curves["appetite"]:
        found.append("Risk appetite: as both executives had signed it when the plan was made.")
    return found


def _alternatives(
    result: Mapping[str, Any], value: float, loss: float, currency: str, curves: Sequence[Curve]
) -> dict[str, str]:
    span = years(dict(result))
    money = sum(row["capital"] + row["running"] for row in result["money"])
    before, after = exact(result["loss_today"] / span, currency), exact(loss / span, currency)
    return {
        "frontier": f"Plans by strategic value and expected loss a year. This one: {write.percent(value, 2)} and "
        f"{after}; today: {before}. The figures of all are in the table.",
        "curves": "Probability that a year costs more than an amount, as falling curves: "
        + ", ".join(curve.name.lower() for curve in curves) + ".",
        "steps": f"Steps from an expected loss of {before} a year today to {after} with the plan, one for each "
        "initiative in the order of their starts.",
        "gantt": f"{len(result['schedule'])} initiatives as bars from their first to their last quarter.",
        "money": f"Capital and running cost by quarter, {exact(money, currency)} in all, below the budgets of the "
        "years.",
        "people": "Full-time equivalents used by skill and quarter, with a line at those that are free.",
    }  # fmt: skip
