"""Reads of frontiers and of the plans on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accord.core.models import LedgerEntry
from accord.core.statements import Statement
from accord.decisions.models import Frontier, Plan, PlanItem
from accord.decisions.selectors.inputs import RELEVANT, collect
from accord.ui import format as write

ORDER = ("today", "cio", "ciso", "joint", "split", "rosi", "point", "own")


def latest_frontier() -> Frontier | None:
    """The newest frontier. One query."""
    return Frontier.objects.select_related("by").order_by("-at", "-pk").first()


def plans_of(frontier: Frontier) -> list[Plan]:
    """The plans of a frontier, the marked ones first, then along it by rising loss; what they hold left out.

    One query.
    """
    plans = Plan.objects.filter(frontier=frontier).defer("result")
    return sorted(plans, key=lambda plan: (ORDER.index(plan.origin), plan.loss))


def starts_of(frontier: Frontier) -> list[dict[str, str]]:
    """The plans of a frontier as initiative → quarter. One query."""
    found: dict[int, dict[str, str]] = {}
    rows = PlanItem.objects.filter(plan__frontier=frontier).values_list("plan_id", "initiative__key", "start")
    for plan, key, start in rows.order_by("plan_id", "initiative__key"):
        found.setdefault(plan, {})[key] = start
    return list(found.values())


def is_stale(frontier: Frontier) -> bool:
    """Whether the same computation today would rest on other inputs. One query, or some twenty where it may."""
    since = LedgerEntry.objects.filter(number__gt=frontier.result.get("ledger_number", 0), noun__in=RELEVANT)
    if not since.exists():
        return False
    from accord.core.errors import Refused

    try:
        return collect(frontier.result.get("heard", "both")).hash != frontier.inputs_hash
    except Refused:
        return True


def years(result: dict[str, Any]) -> float:
    """Length of the horizon of a frontier or a plan."""
    return float(result["horizon"]["quarters"]) / 4


def frontier_summary() -> dict[str, Any] | None:
    """The latest frontier in a few figures, for the command line and the API. Two queries.

    `loss` is money a year on average over the horizon; `gap` is what is proved about the marked plans and, of the
    plans that they are compared with, how much more value a plan of no more loss may have.
    """
    frontier = latest_frontier()
    if frontier is None:
        return None
    result, span = frontier.result, years(frontier.result)
    rows = {row["origin"]: row for row in (*result["points"], *result["references"]) if row["origin"] != "point"}
    named = [plan for plan in plans_of(frontier) if plan.origin in rows]
    return {
        "frontier": frontier.pk,
        "at": frontier.at.isoformat(),
        "currency": frontier.currency,
        "complete": frontier.complete,
        "horizon": result["horizon"],
        "loss_today": result["loss_today"] / span,
        "plans": [
            {
                "key": plan.key,
                "name": plan.name,
                "origin": plan.origin,
                "value": plan.value,
                "loss": plan.loss / span,
                "gap": rows[plan.origin]["gap"],
                "count": rows[plan.origin]["count"],
            }
            for plan in named
        ],
    }


def headline(frontier: Frontier, plans: Sequence[Plan]) -> list[Statement]:
    """What the joint proposal gives, and what each alone would have given. No query."""
    by_origin = {plan.origin: plan for plan in plans}
    joint, cio, ciso = (by_origin.get(origin) for origin in ("joint", "cio", "ciso"))
    if joint is None or cio is None or ciso is None:
        return []
    span, unit = years(frontier.result), frontier.currency
    common: dict[str, Any] = {
        "as_of": frontier.at, "query": "decisions.selectors.plans_of", "href": f"/plans/{joint.key}/",
    }  # fmt: skip
    kept_value = joint.value / cio.value if cio.value else None
    today = frontier.result["loss_today"]
    avoidable = today - ciso.loss
    kept_loss = (today - joint.loss) / avoidable if avoidable > 0 else None
    point = next(row for row in frontier.result["points"] if row["origin"] == "joint")
    return [
        Statement("frontier.value", "Strategic value of the joint proposal", joint.value, "%", tone="joint",
                  source="Weight of the goals' gaps that it closes, on average over the horizon.", **common),
        Statement("frontier.loss", "Its expected loss a year", joint.loss / span, unit, tone="joint",
                  source="On average over the horizon.",
                  note=f"Today {write.money(today / span, unit, compact=True)}.", **common),
        Statement("frontier.kept_value", "Of the value that the CIO would reach alone", kept_value, "%", tone="cio",
                  source="Value of the joint proposal over that of the plan with the most value.", **common),
        Statement("frontier.kept_loss", "Of the loss that the CISO would avoid alone", kept_loss, "%", tone="ciso",
                  source="Loss that the joint proposal avoids over what the plan with the least loss avoids.",
                  **common),
        Statement("frontier.gap", "Proved gap of the joint proposal", point["gap"], "%",
                  source="No plan has over this much "
                         + ("more value at no more loss." if point["objective"] == "value"
                            else "less loss at no less value."), **common),
    ]  # fmt: skip
