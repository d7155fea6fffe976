"""From a planning workbook to the planner's question; what is unknown is left out and named, never read as 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from accord.intake.planning import Entry, PlanBook
from accord.intake.scenarios import Fault, ScenarioError
from accord.intake.scenarios.company import remaining
from accord.site.tabular.goals import Tree, tree

if TYPE_CHECKING:
    from accord.engines import portfolio

MOST_YEARS = 5


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that takes no part in the plan, why, and what to do."""

    sheet: str
    key: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Question:
    """The planner's problem of a workbook and what is not in it."""

    problem: portfolio.Problem
    left_out: tuple[LeftOut, ...]


def question(book: PlanBook) -> Question:
    """The problem that a workbook states. ScenarioError with every fault and its place."""
    from accord.engines import portfolio

    left_out: list[LeftOut] = []
    goals, circle = tree(book.rows.get("goal", []))
    if circle:
        raise ScenarioError(
            [_fault(book, row, "parent", "its parents run in a circle", "Give one of them no parent") for row in circle]
        )
    scenarios = _scenarios(book, left_out)
    first, quarters, budgets = _horizon(book)
    items = _initiatives(book, goals, {one.key for one in scenarios}, left_out)
    try:
        problem = portfolio.Problem(
            first_quarter=first,
            quarters=quarters,
            initiatives=tuple(items),
            goals=tuple(_goals(goals, left_out)),
            scenarios=tuple(scenarios),
            budgets=budgets,
            capacities=_capacities(book),
        )
    except portfolio.ProblemError as error:
        raise ScenarioError([_placed(book, fault) for fault in error.faults]) from None
    return Question(problem, tuple(left_out))


def _fault(book: PlanBook, row: Entry, column: str, reason: str, remedy: str) -> Fault:
    return Fault(book.file, f"{row.place}, row {row.number}", column, reason, remedy)


def _placed(book: PlanBook, fault: portfolio.Fault) -> Fault:
    """A fault of the planner's problem with the row of the thing that it names, where there is one."""
    what, _, key = fault.subject.partition(" ")
    key = key.partition(",")[0]
    name = "key" if what in ("initiative", "goal", "scenario") else "year"
    row = next((row for row in book.rows.get(what, []) if row.text(name) == key), None)
    place = f"{row.place}, row {row.number}" if row else fault.subject
    return Fault(book.file, place, fault.field, fault.reason.rstrip("."), fault.remedy.rstrip(".") or "Correct it")


def _horizon(book: PlanBook) -> tuple[str, int, tuple[portfolio.Budget, ...]]:
    """From the first quarter of the first year with a budget to the last one without a gap, 20 quarters at most."""
    from accord.engines import portfolio

    rows = sorted(book.rows["budget"], key=lambda row: row.amount("year") or 0)
    first = int(rows[0].amount("year") or 0)
    held = [row for n, row in enumerate(rows) if row.amount("year") == first + n][:MOST_YEARS]
    budgets = tuple(
        portfolio.Budget(first + n, row.amount("capital") or 0.0, row.amount("running") or 0.0)
        for n, row in enumerate(held)
    )
    return f"{first:04d}-Q1", 4 * len(held), budgets


def _capacities(book: PlanBook) -> tuple[portfolio.Capacity, ...]:
    from accord.engines import portfolio

    rows = sorted(book.rows.get("capacity", []), key=lambda row: (row.text("skill"), row.text("quarter")))
    return tuple(portfolio.Capacity(r.text("skill"), r.text("quarter"), r.amount("fte") or 0.0) for r in rows)


def _goals(goals: Tree, left_out: list[LeftOut]) -> Iterable[portfolio.Goal]:
    from accord.engines import portfolio

    for key in goals.all_leaves:
        weight = goals.weights[key]
        if weight is None:
            remedy = "Give every goal of its branch a weight"
            left_out.append(LeftOut("goal", key, "its weight, or one above or beside it, is unknown", remedy))
        else:
            yield portfolio.Goal(key, goals.entries[key].text("name") or key, weight)


def _scenarios(book: PlanBook, left_out: list[LeftOut]) -> list[portfolio.Scenario]:
    """Expected loss a year: as stated, or from frequency and forms of loss under the operating controls."""
    from accord.engines import portfolio

    amounts: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for row in book.rows.get("scenario_loss", []):
        amounts[row.text("scenario")].append(_three(row, ""))
    found = []
    for row in sorted(book.rows.get("scenario", []), key=lambda row: row.text("key")):
        key = row.text("key")
        loss = row.amount("loss")
        reason = ""
        if loss is None:
            frequency = _three(row, "frequency_")
            loss, reason = _expected(key, frequency, amounts[key], remaining(book, key))
        elif amounts[key]:
            why = "its expected loss is stated, and also what an event costs"
            raise ScenarioError([_fault(book, row, "loss", why, "Clear the cell, or delete the rows of scenario_loss")])
        if loss is None:
            remedy = "State its loss, or 5, 50 and 95 % of its frequency and of at least one form of loss"
            left_out.append(LeftOut("scenario", key, reason, remedy))
        else:
            found.append(portfolio.Scenario(key, row.text("name") or key, loss))
    return found


def _three(row: Entry, prefix: str) -> tuple[float, ...]:
    """The interval of a row, () where it is blank."""
    values = [row.amount(f"{prefix}{end}") for end in ("low", "mid", "high")]
    return tuple(value for value in values if value is not None) if None not in values else ()


def _expected(
    key: str, frequency: tuple[float, ...], amounts: list[tuple[float, ...]], factors: tuple[float, float]
) -> tuple[float | None, str]:
    """Expected loss a year of a scenario, or why there is none."""
    from accord.engines.loss import LossInputError, Portfolio, expected_loss

    if not frequency:
        return None, "its loss and its frequency are unknown"
    if not amounts or not all(amounts):
        return None, "what an event costs is unknown"
    try:
        held = Portfolio([key], [frequency], [amounts], [factors[0]], [factors[1]])
    except LossInputError as error:
        return None, f"{error.problems[0].field}: {error.problems[0].reason}"
    return float(expected_loss(held)[0]), ""


def _initiatives(
    book: PlanBook, goals: Tree, scenarios: set[str], left_out: list[LeftOut]
) -> list[portfolio.Initiative]:
    from accord.engines import portfolio

    by = _Parts(book, goals, scenarios)
    found = []
    for row in sorted(book.rows["initiative"], key=lambda row: row.text("key")):
        key = row.text("key")
        costs, unknown = by.costs(key)
        if unknown:
            remedy = "State capital and running cost of each year, or 0"
            left_out.append(LeftOut("initiative", key, unknown, remedy))
            continue
        sponsor: Any = row.text("sponsor")
        found.append(
            portfolio.Initiative(
                key, row.text("name") or key, sponsor, int(row.amount("duration_quarters") or 0),
                row.text("earliest_start") or None, row.text("latest_start") or None,
                row.values.get("mandatory") is True,
                costs=costs, people=by.people(key),
                requires=by.relations(key, "requires"), excludes=by.relations(key, "excludes"),
                contributions=by.contributions(key), effects=by.effects(key),
                ramp=by.ramp(key), group=row.text("size_of"),
            )
        )  # fmt: skip
    return _without_dangling(found, left_out)


class _Parts:
    """What the other sheets say of each initiative."""

    def __init__(self, book: PlanBook, goals: Tree, scenarios: set[str]) -> None:
        self._book, self._goals, self._scenarios = book, goals, scenarios
        self._rows: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for sheet in ("cost", "people", "relation", "goal", "effect", "ramp"):
            for row in book.rows.get(f"initiative_{sheet}", []):
                self._rows[row.text("initiative"), sheet].append(row)

    def costs(self, key: str) -> tuple[tuple[portfolio.YearCost, ...], str]:
        """Costs by year, and why they are unknown where they are."""
        from accord.engines.portfolio import YearCost

        rows = sorted(self._rows[key, "cost"], key=lambda row: row.amount("year") or 0)
        for row in rows:
            for side, name in (("capital", "capital"), ("running", "running cost")):
                if row.amount(side) is None:
                    return (), f"its {name} of year {row.text('year')} is unknown"
        costs = tuple(
            YearCost(int(r.amount("year") or 0), r.amount("capital") or 0.0, r.amount("running") or 0.0) for r in rows
        )
        return costs, "" if costs else "its costs are unknown"

    def people(self, key: str) -> tuple[portfolio.PeopleNeed, ...]:
        from accord.engines.portfolio import PeopleNeed

        rows = sorted(self._rows[key, "people"], key=lambda row: (row.amount("quarter") or 0, row.text("skill")))
        return tuple(PeopleNeed(int(r.amount("quarter") or 0), r.text("skill"), r.amount("fte") or 0.0) for r in rows)

    def relations(self, key: str, kind: str) -> tuple[str, ...]:
        return tuple(sorted(row.text("other") for row in self._rows[key, "relation"] if row.text("kind") == kind))

    def contributions(self, key: str) -> tuple[portfolio.Contribution, ...]:
        """By leaf: a share on a goal above holds for each leaf below; several on one leaf multiply what is left."""
        from accord.engines.portfolio import Contribution

        found: dict[str, float] = {}
        for row in sorted(self._rows[key, "goal"], key=lambda row: row.text("goal")):
            for leaf in self._goals.leaves(row.text("goal")):
                if self._goals.weights.get(leaf) is not None:
                    left = (1.0 - found.get(leaf, 0.0)) * (1.0 - (row.amount("contribution") or 0.0))
                    found[leaf] = 1.0 - left
        return tuple(Contribution(leaf, share) for leaf, share in sorted(found.items()))

    def effects(self, key: str) -> tuple[portfolio.Effect, ...]:
        """At the middle of each interval, on scenarios that have figures."""
        from accord.engines.portfolio import Effect

        found = []
        for row in sorted(self._rows[key, "effect"], key=lambda row: row.text("scenario")):
            frequency, magnitude = row.amount("frequency_mid"), row.amount("magnitude_mid")
            if row.text("scenario") in self._scenarios and (frequency is not None or magnitude is not None):
                found.append(Effect(row.text("scenario"), frequency, magnitude))
        return tuple(found)

    def ramp(self, key: str) -> tuple[float, ...]:
        """Shares of the full benefit by quarter after the finish, from the first on without a gap."""
        rows = sorted(self._rows[key, "ramp"], key=lambda row: row.amount("quarter") or 0)
        for n, row in enumerate(rows, 1):
            if row.amount("quarter") != n:
                reason = f"quarter {n} of {key} is missing before it"
                raise ScenarioError(
                    [
                        _fault(
                            self._book, row, "quarter", reason, "List every quarter from 1 on until the benefit is full"
                        )
                    ]
                )
        return tuple(row.amount("share") or 0.0 for row in rows)


def _without_dangling(items: list[portfolio.Initiative], left_out: list[LeftOut]) -> list[portfolio.Initiative]:
    """Leave out what requires something that is left out; forget exclusions of what is not there."""
    missing = {one.key for one in left_out if one.sheet == "initiative"}
    while True:
        hanging = {item.key: other for item in items for other in item.requires if other in missing}
        if not hanging:
            break
        for key, other in hanging.items():
            reason = f"it requires {other}, which cannot be planned"
            left_out.append(LeftOut("initiative", key, reason, "Complete that one first"))
        missing |= hanging.keys()
        items = [item for item in items if item.key not in hanging]
    keys = {item.key for item in items}
    return [replace(item, excludes=tuple(k for k in item.excludes if k in keys)) for item in items]
