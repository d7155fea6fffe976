"""Why no plan exists: a small set of rules that cannot all hold, found by taking rules away one at a time.

The set is irreducible (deletion filter, Chinneck and Dravnieks 1991): without any one of its rules a plan
exists. Only what every plan must hold, with its prerequisites, takes part, so each test is a small model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import highspy
import numpy as np

from accord.engines.portfolio.columns import Columns, base_rows
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.problem import Budget, Capacity, Initiative, Problem
from accord.engines.portfolio.relaxation import append
from accord.engines.portfolio.solver import Solver

PLENTY = 1e15
SECONDS_PER_TEST = 5.0


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the problem: `kind` and `subject` name it, `text` says it in words."""

    kind: str
    subject: str
    text: str

    def __str__(self) -> str:
        return self.text


class Infeasible(Exception):
    """No plan keeps all rules. `rules` cannot all hold; `minimal` says whether each of them is needed for that."""

    def __init__(self, rules: list[Rule], minimal: bool = True) -> None:
        self.rules, self.minimal = rules, minimal
        super().__init__("These cannot all hold: " + "; ".join(rule.text for rule in rules) + ".")


@dataclass(frozen=True, slots=True)
class _Case:
    """A problem, and the groups of which more than one size may be taken: their rule was taken away."""

    problem: Problem
    loose: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Removable:
    rule: Rule
    change: Callable[[Problem], Problem] = lambda problem: problem
    loosens: str = ""

    def without(self, case: _Case) -> _Case:
        return _Case(self.change(case.problem), case.loose | ({self.loosens} if self.loosens else set()))


def conflict(problem: Problem) -> Infeasible | None:
    """The conflict of a problem's rules, or None when a plan exists. Loss and value bounds are not asked here."""
    core = _core(problem)
    if _possible(_Case(core)) is not False:
        return None
    broad = [*_of_initiatives(core), *_of_groups(core), *_of_budgets(core), *_of_skills(core)]
    kept, sure = _filter(_Case(core), broad)
    fine: list[_Removable] = []
    for part in kept:
        fine += _by_quarter(core, part.rule.subject) if part.rule.kind == "skill" else [part]
    bare = _Case(core)
    for part in broad:
        if part not in kept:
            bare = part.without(bare)
    kept, sure_too = _filter(bare, fine)
    return Infeasible([part.rule for part in kept], sure and sure_too)


def _filter(case: _Case, parts: list[_Removable]) -> tuple[list[_Removable], bool]:
    """Take away every rule without which there is still no plan; the rest, and whether every test was decided."""
    kept, sure = [], True
    for part in parts:
        without = part.without(case)
        verdict = _possible(without)
        if verdict is False:
            case = without
        else:
            kept.append(part)
            sure = sure and verdict is True
    return kept, sure


def _core(problem: Problem) -> Problem:
    """The problem of the initiatives that every plan must hold and of all that they require."""
    wanted: set[str] = set()
    open_ = [item.key for item in problem.initiatives if item.must]
    while open_:
        key = open_.pop()
        if key not in wanted:
            wanted.add(key)
            open_ += [k for required in problem.initiative(key).requires for k in problem.any_of(required)]
    items = tuple(
        replace(item, excludes=tuple(k for k in item.excludes if k in wanted), contributions=(), effects=())
        for item in problem.initiatives
        if item.key in wanted
    )
    return replace(problem, initiatives=items, goals=(), scenarios=())


def _possible(case: _Case) -> bool | None:
    """Whether a plan exists; None when it was not decided in time."""
    compiled = compile_problem(case.problem, case.loose)
    able = (compiled.first <= compiled.last) & ~compiled.banned
    if (compiled.must & ~able).any():
        return False
    columns = Columns(compiled)
    rows, _ = base_rows(columns)
    model = Solver()
    lower = np.zeros(columns.steps)
    for i in np.flatnonzero(compiled.must).tolist():
        lower[columns.chosen(i)] = 1.0
    if not columns.steps:
        return True
    model.addVars(columns.steps, lower, np.ones(columns.steps))
    append(model, rows)
    steps = np.arange(columns.steps, dtype=np.int32)
    model.changeColsIntegrality(columns.steps, steps, np.array([highspy.HighsVarType.kInteger] * columns.steps))
    model.setOptionValue("time_limit", SECONDS_PER_TEST)
    begun = time.monotonic()
    model.run()
    status = model.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return False
    decided = status == highspy.HighsModelStatus.kOptimal or time.monotonic() - begun < SECONDS_PER_TEST
    return True if decided else None


def _changed(key: str, **fields: object) -> Callable[[Problem], Problem]:
    def without(problem: Problem) -> Problem:
        items = tuple(replace(i, **fields) if i.key == key else i for i in problem.initiatives)  # type: ignore[arg-type]
        return replace(problem, initiatives=items)

    return without


def _of_initiatives(problem: Problem) -> Iterator[_Removable]:
    end = problem.quarter(problem.quarters - 1)
    for item in problem.initiatives:
        yield from _forced(item, end)
        for name, text in (
            ("earliest", f"{item.name} starts in {item.earliest} at the earliest"),
            ("latest", f"{item.name} starts in {item.latest} at the latest"),
            ("pinned_start", f"{item.name} is pinned to start in {item.pinned_start}"),
        ):
            if getattr(item, name):
                clear: dict[str, object] = {name: None}
                if name == "pinned_start":
                    clear |= {"pinned_by": item.pinned_by or ("pin",)}
                yield _Removable(Rule(name, item.key, text), _changed(item.key, **clear))
        for other in item.requires:
            left = tuple(k for k in item.requires if k != other)
            text = f"{item.name} requires {problem.title(other)} to be finished before it starts"
            yield _Removable(Rule("requires", f"{item.key} {other}", text), _changed(item.key, requires=left))
        for other in item.excludes:
            left = tuple(k for k in item.excludes if k != other)
            text = f"{item.name} and {problem.initiative(other).name} exclude each other"
            yield _Removable(Rule("excludes", f"{item.key} {other}", text), _changed(item.key, excludes=left))


def _of_groups(problem: Problem) -> Iterator[_Removable]:
    for group, keys in problem.sizes.items():
        if len(keys) > 1:
            names = ", ".join(problem.initiative(key).name for key in keys)
            yield _Removable(Rule("sizes", group, f"at most one size of {group} is chosen ({names})"), loosens=group)


def _forced(item: Initiative, end: str) -> Iterator[_Removable]:
    if item.must:
        who = " and ".join(x.upper() for x in item.pinned_by)
        reason = "is mandatory" if item.mandatory else f"was pinned by the {who}" if who else "is pinned"
        text = f"{item.name} {reason}, takes {item.duration} quarters and must be finished by {end}"
        free = _changed(item.key, mandatory=False, pinned_by=(), pinned_start=None)
        yield _Removable(Rule("must", item.key, text), free)
    if item.dropped_by:
        text = f"{item.name} was dropped by the {' and '.join(x.upper() for x in item.dropped_by)}"
        yield _Removable(Rule("dropped", item.key, text), _changed(item.key, dropped_by=()))


def _of_budgets(problem: Problem) -> Iterator[_Removable]:
    for kind in ("capital", "running"):
        for budget in problem.budgets:
            if budget.year in problem.years:
                text = f"the {kind} budget of {budget.year} is {getattr(budget, kind):,.0f}"
                yield _Removable(Rule(kind, str(budget.year), text), _richer(kind, budget.year))


def _richer(kind: str, year: int) -> Callable[[Problem], Problem]:
    def more(budget: Budget) -> Budget:
        if budget.year != year:
            return budget
        return replace(budget, capital=PLENTY) if kind == "capital" else replace(budget, running=PLENTY)

    return lambda problem: replace(problem, budgets=tuple(more(b) for b in problem.budgets))


def _of_skills(problem: Problem) -> Iterator[_Removable]:
    for skill in sorted({need.skill for item in problem.initiatives for need in item.people}):
        text = f"{skill} has the full-time equivalents that are stated"
        yield _Removable(Rule("skill", skill, text), _manned(skill, None))


def _by_quarter(problem: Problem, skill: str) -> Iterator[_Removable]:
    for capacity in problem.capacities:
        if capacity.skill == skill and 0 <= problem.index(capacity.quarter) < problem.quarters:
            text = f"{skill} has {capacity.fte:g} full-time equivalents in {capacity.quarter}"
            rule = Rule("capacity", f"{skill} {capacity.quarter}", text)
            yield _Removable(rule, _manned(skill, capacity.quarter))


def _manned(skill: str, quarter: str | None) -> Callable[[Problem], Problem]:
    def more(capacity: Capacity) -> Capacity:
        meant = capacity.skill == skill and quarter in (None, capacity.quarter)
        return replace(capacity, fte=PLENTY) if meant else capacity

    return lambda problem: replace(problem, capacities=tuple(more(c) for c in problem.capacities))
