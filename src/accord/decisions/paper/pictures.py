"""The pictures of a paper, of plans side by side and of goals, and the files in which a paper leaves the house."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten
from typing import Any

from accord.decisions.models import Plan
from accord.decisions.selectors.frontiers import years
from accord.decisions.selectors.plans import currency_of
from accord.outlet.decision import DecisionPaper
from accord.ui.charts import Curve, Marked, exceedance_curve, frontier, gantt, goal_map, resources, tornado, waterfall

MOST_CURVES = 3
TONES = {"today": "info", "cio": "cio", "ciso": "ciso", "joint": "joint", "split": "neutral", "rosi": "caution"}
CURVE_TONES = {"today": "neutral", "plan": "accent", "appetite": "danger"}


def charts(paper: DecisionPaper, *, printed: bool = False) -> dict[str, dict[str, Any]]:
    """Its pictures as Vega-Lite specs, those for which the plan keeps what they rest on; `printed`: low ones."""
    found: dict[str, dict[str, Any]] = {}
    if paper.beside:
        marked = [
            Marked(shorten(row.name, 28, placeholder="…"), row.loss, row.value, TONES.get(row.origin, "accent"))
            for row in paper.beside
            if row.loss is not None and row.value is not None
        ]
        height = 150 if printed else 340
        found["frontier"] = frontier(paper.along, marked, currency=paper.currency, height=height)
    if paper.curves:
        drawn = [
            Curve(c.name, c.points, CURVE_TONES[c.kind], c.band.points if c.band else ())
            for c in paper.curves
            if c.kind != "appetite"
        ]
        agreed = next((c.points for c in paper.curves if c.kind == "appetite"), ())
        height = 190 if printed else 300
        found["curves"] = exceedance_curve(drawn, agreed, currency=paper.currency, height=height)
    if paper.steps:
        rows = [(step.name, step.amount, step.total) for step in paper.steps]
        found["steps"] = waterfall(rows, title="Expected loss a year", currency=paper.currency, dense=printed)
    span = (paper.quarters[0], paper.quarters[-1])
    if paper.bars:
        bars = [
            {"name": b.name, "start": b.start, "end": b.finish, "group": b.sponsor}
            for b in (paper.shown if printed else paper.bars)
        ]
        found["gantt"] = gantt(bars, span=span, dense=printed)
    for name, of, unit in (("money", paper.money, "money"), ("people", paper.people, "FTE")):
        if of:
            listed = [
                {"name": r.name, "used": r.used, "limit": r.limit, **({"before": r.before} if r.before else {})}
                for r in of
            ]
            band = 38 if printed else 58
            found[name] = resources(listed, paper.quarters, unit=unit, currency=paper.currency, band=band)
    return found | _of_loss_and_goals(paper)


def _of_loss_and_goals(paper: DecisionPaper) -> dict[str, dict[str, Any]]:
    """The tornado, and the goals by weight, loss of today and part of their gap that is closed."""
    found: dict[str, dict[str, Any]] = {}
    if paper.swings:
        inputs = [{"name": s.name, "low": s.low, "high": s.high, "value": s.value} for s in paper.swings]
        title = "Expected loss a year, all done"
        found["tornado"] = tornado(inputs, title=title, currency=paper.currency, middle="As it stands")
    if paper.goals:
        rows = [{"name": g.name, "weight": g.weight, "loss": g.today, "value": g.attained} for g in paper.goals]
        found["goals"] = goal_map(rows, currency=paper.currency)
    return found


def pdf(paper: DecisionPaper) -> bytes:
    """The paper as PDF, with its charts drawn from the same specs as on screen."""
    from accord.outlet.decision.pdf import write_pdf
    from accord.ui.charts import to_svg

    specs = charts(paper, printed=True)
    widths = {"frontier": 340, "curves": 340, "goals": 640}
    return write_pdf(paper, {name: to_svg(spec, widths.get(name, 470)).encode() for name, spec in specs.items()})


def deck(paper: DecisionPaper) -> bytes:
    """The paper as slides whose charts can be edited."""
    from accord.outlet.decision.deck import write_deck

    return write_deck(paper)


def compared(plans: Sequence[Plan]) -> dict[str, dict[str, Any]]:
    """Plans side by side as pictures: where each stands, and the whole loss that each leaves. No query."""
    found: dict[str, dict[str, Any]] = {}
    if not plans:
        return found
    currency = currency_of(plans[0])
    first = plans[0].result
    along = [(loss / years(first), value) for loss, value in first.get("along", ())]
    marked = [Marked("Today", first["loss_today"] / years(first), 0.0, TONES["today"])]
    marked += [
        Marked(shorten(p.name, 28, placeholder="…"), p.loss / years(p.result), p.value, TONES.get(p.origin, "accent"))
        for p in plans
    ]
    found["frontier"] = frontier(along, marked, currency=currency)
    kept = [(plan, plan.result["curves"]) for plan in plans if plan.result.get("curves")][:MOST_CURVES]
    if kept:
        amounts = kept[0][1]["amounts"]
        drawn = [Curve("Today", list(zip(amounts, kept[0][1]["today"], strict=True)), CURVE_TONES["today"])]
        for plan, curves in kept:
            line = list(zip(curves["amounts"], curves["after"], strict=True))
            drawn.append(Curve(shorten(plan.name, 28, placeholder="…"), line, TONES.get(plan.origin, "")))
        found["curves"] = exceedance_curve(drawn, kept[0][1]["appetite"] or (), currency=currency)
    return found
