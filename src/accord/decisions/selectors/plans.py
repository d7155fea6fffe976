"""Reads of plans: one with its facts, several side by side, and what either executive thinks of each initiative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from accord.core.statements import Statement
from accord.decisions.models import Frontier, Plan, PlanItem, Stance
from accord.decisions.selectors.frontiers import years
from accord.strategy.models import Initiative
from accord.ui import format as write


def plans() -> QuerySet[Plan]:
    """All plans; what they hold left out."""
    return Plan.objects.select_related("by", "frontier").defer("result", "frontier__result")


def find_plan(key: str) -> Plan | None:
    """One plan with all that it holds; not its frontier's result. One query."""
    return Plan.objects.select_related("by", "frontier").defer("frontier__result").filter(key=key).first()


def currency_of(plan: Plan) -> str:
    return plan.frontier.currency if plan.frontier is not None else write.default_currency()


def statements(plan: Plan) -> list[Statement]:
    """The facts of a plan, for screen, decision, brief and API. No query."""
    return statements_of(plan.result, plan.value, plan.loss, currency_of(plan), f"/plans/{plan.key}/")


def statements_of(result: dict[str, Any], value: float, loss: float, currency: str, href: str) -> list[Statement]:
    """The facts that the kept figures of a plan say."""
    span = years(result)
    through = f"{result['horizon']['first']} to {result['horizon']['last']}"
    money = [sum(row[kind] for row in result["money"]) for kind in ("capital", "running")]
    query = "decisions.selectors.statements"
    found = [
        Statement(
            "plan.value", "Strategic value", value, "%", href=f"{href}#goals", query=query,
            source=f"Weight of the goals' gaps that it closes, on average over {through}.",
        ),
        Statement(
            "plan.loss", "Expected loss a year", loss / span, currency, href=f"{href}#scenarios", query=query,
            source=f"What is left of the scenarios' expected loss, on average over {through}.",
            note=f"Today {write.money(result['loss_today'] / span, currency, compact=True)}.",
        ),
        Statement(
            "plan.money", "Money over the horizon", sum(money), currency, href=f"{href}#money", query=query,
            source="Capital and running cost of all its initiatives.",
            note=f"Capital {write.money(money[0], currency, compact=True)}, "
                 f"running {write.money(money[1], currency, compact=True)}.",
        ),
        Statement(
            "plan.initiatives", "Initiatives", len(result["schedule"]), "initiatives", href=f"{href}#in", query=query,
            source="What it starts.", note=f"Of {len(result['reasons'])} that can be planned.",
        ),
    ]  # fmt: skip
    return [*found, proof(result, query)]


def proof(result: dict[str, Any], query: str) -> Statement:
    """What was proved about a plan, in a sentence."""
    gap, source = result.get("gap"), "Bound of the planner's linear and integer models on every plan."
    if gap is None:
        return Statement("plan.gap", "Proved gap", None, source=source, query=query, note="It was not compared.")
    if "objective" not in result:
        note = f"A plan of no more loss may have up to {write.percent(gap)} more value."
        return Statement("plan.gap", "Behind the best", gap, "%", source=source, query=query, note=note)
    better = "more value at no more loss" if result["objective"] == "value" else "less loss at no less value"
    note = f"No plan has over {write.percent(gap)} {better}."
    if result.get("status") == "optimal":
        note = f"Proved: no plan has {better}."
    return Statement("plan.gap", "Proved gap", gap, "%", source=source, query=query, note=note)


@dataclass(frozen=True, slots=True)
class Opinion:
    """One initiative on the joint table: when each plan starts it (None = not at all), and both stances."""

    key: str
    name: str
    sponsor: str
    cio: str | None
    ciso: str | None
    joint: str | None
    stances: dict[str, Stance] = field(default_factory=dict)

    @property
    def agreement(self) -> str:
        """both, cio, ciso or none: who would choose it alone."""
        wanted = [name for name, start in (("cio", self.cio), ("ciso", self.ciso)) if start is not None]
        return "both" if len(wanted) == 2 else wanted[0] if wanted else "none"

    @property
    def disputed(self) -> bool:
        """One says in, the other says out."""
        return len({stance.kind for stance in self.stances.values()}) > 1


def opinions(frontier: Frontier | None) -> list[Opinion]:
    """What each executive would do about every initiative. Three queries."""
    starts: dict[str, dict[str, str]] = {"cio": {}, "ciso": {}, "joint": {}}
    if frontier is not None:
        rows = PlanItem.objects.filter(plan__frontier=frontier, plan__origin__in=list(starts))
        for origin, key, start in rows.values_list("plan__origin", "initiative__key", "start"):
            starts[origin][key] = start
    stances: dict[str, dict[str, Stance]] = {}
    for stance in Stance.objects.select_related("initiative", "by"):
        stances.setdefault(stance.initiative.key, {})[stance.role] = stance
    return [
        Opinion(
            key, name, sponsor, starts["cio"].get(key), starts["ciso"].get(key), starts["joint"].get(key),
            stances.get(key, {}),
        )
        for key, name, sponsor in Initiative.objects.order_by("key").values_list("key", "name", "sponsor")
    ]  # fmt: skip


def differences(found: Sequence[Plan]) -> list[tuple[str, str, list[str | None]]]:
    """(initiative, name, start in each plan) of what is in any of the plans. Two queries."""
    cells: dict[str, dict[int, str]] = {}
    names: dict[str, str] = {}
    rows = PlanItem.objects.filter(plan__in=found).order_by("initiative__key")
    for key, name, plan, start in rows.values_list("initiative__key", "initiative__name", "plan", "start"):
        names[key] = name
        cells.setdefault(key, {})[plan] = start
    return [(key, names[key], [starts.get(plan.pk) for plan in found]) for key, starts in cells.items()]
