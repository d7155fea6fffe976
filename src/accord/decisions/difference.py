"""Where two positions agree, where they differ, and what each difference costs. Pure: problem and positions in.

The yardstick is the same for all: value by the even mix of both weights, and one price of value in money, that
at which the joint proposal of the frontier balances the two. *Nobody's way* is the best plan that holds only
what both insist on. The price of going one's way on a point is what the best plan that goes it is worth less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from accord.decisions.positions import View

if TYPE_CHECKING:
    from accord.engines.portfolio import Problem

ROLES = ("cio", "ciso")
SAME = 0.0005
"""Shares that differ by less are told as equal: it is less than their last shown digit."""
SECONDS = 60.0
LEAST, MOST = 0.4, 5.0
"""Seconds that one plan may take; a goal's way takes a third, since it begins from what all others found."""
GOAL_SHARE = 1 / 3
Tell = Callable[[int, int, str], None]
Plan = Mapping[str, int]


def price_of_value(result: Mapping[str, Any]) -> float:
    """Money that one unit of value (all goals closed at once) is worth at a frontier's joint proposal.

    There both executives have gained the same share: the Nash product's own rate of exchange, (loss of the CIO's
    plan − loss) / (value − value of the CISO's plan). Where the two want the same plan: loss of today.
    """
    points = {row["origin"]: row for row in result["points"]}
    joint, cio, ciso = (points.get(origin) for origin in ("joint", "cio", "ciso"))
    if joint is not None and cio is not None and ciso is not None:
        gained, avoided = joint["value"] - ciso["value"], cio["loss"] - joint["loss"]
        if gained <= 0 or avoided <= 0:
            gained, avoided = cio["value"] - ciso["value"], cio["loss"] - ciso["loss"]
        if gained > 0 and avoided > 0:
            return float(avoided / gained)
    return float(result["loss_today"]) or 1.0


def mixed(cio: View, ciso: View, share: float = 0.5) -> dict[str, float]:
    """Goal → (1 − share) of the CIO's weight and `share` of the CISO's; they sum to 1."""
    first, second = cio.shares(), ciso.shares()
    return {key: (1.0 - share) * first[key] + share * second[key] for key in first}


def posed(problem: Problem, weights: Mapping[str, float] | None, stances: Mapping[str, Sequence[str]]) -> Problem:
    """The problem with other weights (shares, None = as they are) and only these pins and drops.

    `stances` maps initiative → (kind, role, …). The weights of a problem may sum to less than 1, where goals
    were left out; the new ones keep that sum.
    """
    total = sum(goal.weight for goal in problem.goals)
    goals = problem.goals
    if weights is not None:
        goals = tuple(replace(goal, weight=weights[goal.key] * total) for goal in goals)

    def held(key: str, kind: str) -> tuple[str, ...]:
        said = stances.get(key, ("",))
        return tuple(said[1:]) if said[0] == kind else ()

    items = tuple(
        replace(item, pinned_by=held(item.key, "pin"), dropped_by=held(item.key, "drop"), pinned_start=None)
        for item in problem.initiatives
    )
    return replace(problem, goals=goals, initiatives=items)


def stances_of(views: Mapping[str, View]) -> dict[str, dict[str, str]]:
    """Initiative → role → pin, drop or "": all on which either insists."""
    keys = sorted({key for view in views.values() for key in view.stances})
    return {
        key: {role: view.stances[key].kind if key in view.stances else "" for role, view in views.items()}
        for key in keys
    }


def agreed_stances(views: Mapping[str, View]) -> dict[str, tuple[str, ...]]:
    """Initiative → (kind, cio, ciso) where both insist on the same."""
    return {key: (said["cio"], *ROLES) for key, said in stances_of(views).items() if said["cio"] == said["ciso"]}


@dataclass(frozen=True, slots=True)
class _Way:
    """One question: how it is named, what is asked, and which plans answer it."""

    name: str
    problem: Problem


@dataclass(slots=True)
class _Desk:
    """All plans that were found, and what every question is measured by."""

    even: Problem
    own: dict[str, Problem]
    price: float
    pool: list[Plan]
    answers: dict[str, tuple[_Way, float, str]] = field(default_factory=dict)

    def ask(self, way: _Way, seconds: float) -> None:
        """Plan one way, beginning from all plans so far; keeps its bound, or why there is none."""
        from accord.engines import portfolio

        try:
            found = portfolio.balanced(way.problem, self.price, self.pool, seconds)
        except (portfolio.Infeasible, portfolio.NotFound) as error:
            self.answers[way.name] = (way, float("nan"), str(error))
            return
        self.pool.append(found.starts)
        self.answers[way.name] = (way, found.bound, "")

    def worth(self, problem: Problem, plan: Plan) -> float:
        from accord.engines import portfolio

        outcome = portfolio.evaluate(problem, plan)
        return self.price * outcome.value - outcome.loss

    def answer(self, name: str) -> dict[str, Any]:
        """The best plan of a way among all that were found, with exact figures and what its proof leaves open."""
        from accord.engines import portfolio

        way, bound, reason = self.answers[name]
        if reason:
            return {"possible": False, "reason": reason}
        fits = [plan for plan in self.pool if not portfolio.check(way.problem, plan)]
        plan = max(fits, key=lambda one: self.worth(way.problem, one))
        outcome = portfolio.evaluate(self.even, plan)
        used = portfolio.spending(way.problem, plan)
        return {
            "possible": True,
            "starts": {key: way.problem.quarter(start) for key, start in plan.items()},
            "value": outcome.value,
            "loss": outcome.loss,
            **{f"value_{role}": portfolio.evaluate(own, plan).value for role, own in self.own.items()},
            "spent": sum(used.capital.values()) + sum(used.running.values()),
            "worth": self.price * outcome.value - outcome.loss,
            "open": max(0.0, bound - self.worth(way.problem, plan)),
        }


def differences(
    result: Mapping[str, Any], views: Mapping[str, View], known: Sequence[Mapping[str, str]],
    seconds: float = SECONDS, tell: Tell = lambda done, total, message: None,
) -> dict[str, Any]:  # fmt: skip
    """Agreement, differences and their prices. `result` is a frontier's, `known` are plans (initiative → quarter).

    All money in the problem's currency over the whole horizon; value as a share of all goals (0–1).
    """
    from accord.engines import portfolio

    begun = time.monotonic()
    problem = portfolio.Problem.from_json(result["problem"])
    even, agreed = mixed(views["cio"], views["ciso"]), agreed_stances(views)
    base = posed(problem, even, agreed)
    own = {role: posed(problem, view.shares(), agreed) for role, view in views.items()}
    pool: list[Plan] = [{key: problem.index(quarter) for key, quarter in plan.items()} for plan in known]
    desk = _Desk(base, own, price_of_value(result), pool)
    goals, points = _goal_rows(problem, views), _stance_rows(problem, views)
    ways = [_Way("base", base), *_ways(problem, views, even, agreed, goals, points)]
    shares = [GOAL_SHARE if way.name.startswith("goal:") else 1.0 for way in ways]
    for number, (way, share) in enumerate(zip(ways, shares, strict=True)):
        tell(number, len(ways), _message(way.name, goals, points))
        desk.ask(way, min(max(seconds * share / sum(shares), LEAST), MOST))
    tell(len(ways), len(ways), "Compared")
    nobody = desk.answer("base")
    for prefix, rows in (("goal", goals), ("initiative", points)):
        for row in rows:
            row["ways"] = {role: _priced(desk, nobody, f"{prefix}:{row['key']}:{role}") for role in ROLES}
    return {
        "price": desk.price,
        "even": even,
        "base": nobody,
        "whole": {role: _priced(desk, nobody, f"whole:{role}") for role in ROLES},
        "goals": goals,
        "initiatives": points,
        "agreed": _agreement(problem, views, agreed, goals),
        "plans": len(ways),
        "seconds": time.monotonic() - begun,
    }


def _goal_rows(problem: Problem, views: Mapping[str, View]) -> list[dict[str, Any]]:
    shares = {role: view.shares() for role, view in views.items()}
    rows = [
        {"key": goal.key, "name": goal.name, "cio": shares["cio"][goal.key], "ciso": shares["ciso"][goal.key]}
        for goal in problem.goals
        if abs(shares["cio"][goal.key] - shares["ciso"][goal.key]) >= SAME
    ]
    return sorted(rows, key=lambda row: -abs(row["cio"] - row["ciso"]))


def _stance_rows(problem: Problem, views: Mapping[str, View]) -> list[dict[str, Any]]:
    rows = []
    for key, said in stances_of(views).items():
        if said["cio"] != said["ciso"]:
            item = problem.initiative(key)
            reasons = {role: view.stances[key].reason for role, view in views.items() if key in view.stances}
            rows.append({"key": key, "name": item.name, "sponsor": item.sponsor, **said, "reasons": reasons})
    return rows


def _ways(
    problem: Problem, views: Mapping[str, View], even: Mapping[str, float], agreed: Mapping[str, tuple[str, ...]],
    goals: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]],
) -> list[_Way]:  # fmt: skip
    """Every question beside the base; a way that insists on nothing is the base itself."""
    found = []
    for role, view in views.items():
        all_of = {key: (one.kind, role) for key, one in view.stances.items()}
        found.append(_Way(f"whole:{role}", posed(problem, view.shares(), all_of)))
    for row in points:
        for role in ROLES:
            if row[role]:
                question = posed(problem, even, {**agreed, row["key"]: (row[role], role)})
                found.append(_Way(f"initiative:{row['key']}:{role}", question))
    for row in goals:
        for role in ROLES:
            question = posed(problem, _with(even, row["key"], row[role]), agreed)
            found.append(_Way(f"goal:{row['key']}:{role}", question))
    return found


def _with(weights: Mapping[str, float], key: str, share: float) -> dict[str, float]:
    """Weights with one of them set and the others scaled so that all still sum to 1."""
    rest = sum(weight for other, weight in weights.items() if other != key)
    if rest <= 0:
        return {other: 1.0 if other == key else 0.0 for other in weights}
    return {other: share if other == key else weight * (1.0 - share) / rest for other, weight in weights.items()}


def _message(name: str, goals: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Any]]) -> str:
    kind, _, rest = name.partition(":")
    if kind == "base":
        return "The plan that nobody insists on"
    key, _, role = rest.rpartition(":")
    if kind == "whole":
        return f"All the way of the {role.upper()}"
    names = {row["key"]: row["name"] for row in (goals if kind == "goal" else points)}
    return f"{names[key]}: the {role.upper()}'s way"


def _priced(desk: _Desk, nobody: dict[str, Any], name: str) -> dict[str, Any]:
    """A way's plan, and what going it costs against nobody's way: in money, in value, and within which proof.

    The cost lies between `costs_least` and `costs_most`: nobody's plan, and one that holds the initiative in or
    out, may be better than those found by what their proofs leave open. Of other weights the plan itself is measured.
    """
    way = dict(nobody) if name not in desk.answers else desk.answer(name)
    if not way["possible"] or not nobody["possible"]:
        return way
    cost = max(0.0, nobody["worth"] - way["worth"])
    return {
        **way,
        "costs": cost,
        "costs_value": cost / desk.price,
        "costs_most": max(0.0, nobody["worth"] + nobody["open"] - way["worth"]),
        "costs_least": max(0.0, cost - way["open"]) if name.startswith("initiative:") else cost,
        "against": {part: way[part] - nobody[part] for part in ("value", "value_cio", "value_ciso", "loss", "spent")},
    }


def _agreement(
    problem: Problem, views: Mapping[str, View], agreed: Mapping[str, tuple[str, ...]],
    goals: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    apart = {row["key"] for row in goals}
    shares = views["cio"].shares()
    return {
        "goals": [{"key": g.key, "name": g.name, "share": shares[g.key]} for g in problem.goals if g.key not in apart],
        "initiatives": [
            {"key": key, "name": problem.initiative(key).name, "kind": said[0]} for key, said in sorted(agreed.items())
        ],
    }
