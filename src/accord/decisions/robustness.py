"""How firm a frontier's plans are: under the ranges of the inputs, for one more euro or person, and against the tail.

Pure: the problem and the laws that a frontier kept go in, plain data comes out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from accord.decisions.evidence import LEVEL, Evidence

if TYPE_CHECKING:
    from accord.engines.portfolio import Problem, Robust, Tail, TailFigures, Worth

SAMPLES = 64
REPLANS = 12
VERIFIED = 6
FLOORS = (0.0, 1 / 3, 2 / 3, 0.95)
"""Least value of the plans against the tail: so far from the CISO's plan towards that of the CIO."""
Tell = Callable[[int, int, str], None]
Named = tuple[str, str, str, Mapping[str, int]]
"""Key, origin, name and starts of a stored plan."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is studied: the frontier's problem, laws and named plans; `price` is money per unit of value.

    `values` are those of the CISO's plan and of the CIO's plan.
    """

    problem: Problem
    laws: Mapping[str, Any] | None
    plans: Sequence[Named]
    price: float
    values: tuple[float, float]


def study(question: Question, seconds: float, tell: Tell) -> dict[str, Any]:
    """Three answers in some `seconds`, each with its own words where it cannot be given."""
    tell(0, 3, "Planning again under other inputs")
    found: dict[str, Any] = {"price": question.price, "robust": _robust(question, 0.4 * seconds)}
    tell(1, 3, "What one more of each budget and skill is worth")
    found["worth"] = _worth(question, 0.25 * seconds)
    tell(2, 3, "Plans against the tail of the loss")
    found["tail"] = _tail(question, 0.35 * seconds)
    tell(3, 3, "Done")
    return found


def _robust(question: Question, seconds: float) -> dict[str, Any]:
    from accord.engines.portfolio import robust

    plans = [starts for *_, starts in question.plans]
    try:
        found = robust(question.problem, plans, question.price, SAMPLES, REPLANS, seconds)
    except ValueError as error:
        return {"reason": f"{str(error)[:1].upper()}{str(error)[1:]}."}
    return {**_standings(question, found), "not_stated": _not_stated(question.problem)}


def _standings(question: Question, found: Robust) -> dict[str, Any]:
    names = {item.key: (item.name, item.sponsor) for item in question.problem.initiatives}
    held = {key for _, origin, _, starts in question.plans if origin == "joint" for key in starts}
    rows = [
        {"key": key, "origin": origin, "name": name, "value": list(one.value), "loss": list(one.loss),
         "regret": one.regret, "worst_regret": one.worst_regret, "keeps": one.keeps, "overspent": one.overspent,
         "best": one.best, "choice": n == found.choice}
        for n, ((key, origin, name, _), one) in enumerate(zip(question.plans, found.standings, strict=True))
    ]  # fmt: skip
    initiatives = [
        {"key": key, "name": names[key][0], "sponsor": names[key][1], "share": share, "joint": key in held}
        for key, share in found.frequency.items()
    ]
    return {
        "plans": sorted(rows, key=lambda row: row["regret"]),
        "initiatives": sorted(initiatives, key=lambda row: (-row["share"], row["key"])),
        "samples": found.samples,
        "replanned": found.replanned,
        "uncertain": found.uncertain,
    }


def _not_stated(problem: Problem) -> list[dict[str, str]]:
    """Initiatives whose costs and benefits were taken as certain, because nobody has given a range."""
    return [
        {"key": item.key, "name": item.name}
        for item in problem.initiatives
        if item.cost_range is None and item.benefit_range is None
    ]


def _worth(question: Question, seconds: float) -> dict[str, Any]:
    from accord.engines.portfolio import NotFound, worth_of_more

    known = [starts for *_, starts in question.plans]
    try:
        found = worth_of_more(question.problem, question.price, 1.0, known, seconds, VERIFIED)
    except NotFound as error:
        return {"reason": str(error)}
    worthwhile = [row for row in found.rows if row.dual > 0 or row.step is not None]
    return {"rows": [_more(row) for row in worthwhile], "without": len(found.rows) - len(worthwhile)}


def _more(row: Worth) -> dict[str, Any]:
    step = row.step
    return {
        "kind": row.kind, "what": row.what, "limit": row.limit, "used": row.used, "dual": row.dual,
        "step": None if step is None else
        {"amount": step.amount, "predicted": step.predicted, "found": step.found, "most": step.most},
    }  # fmt: skip


def _tail(question: Question, seconds: float) -> dict[str, Any]:
    """Exact tails of the named plans, and plans of least TVaR at rising values that keep the appetite."""
    from accord.engines.loss import AccuracyError
    from accord.engines.portfolio import Infeasible, Limits, NotFound, ProblemError, Tail, solve_tail

    book = Evidence(question.problem, question.laws).laws_today()
    if book is None:
        return {"reason": "Only the scenarios' means are known to this frontier. Compute it again."}
    points = (question.laws or {}).get("appetite") or ()
    tail = Tail(book, LEVEL, tuple((float(amount), float(chance)) for amount, chance in points))
    known = [starts for *_, starts in question.plans]
    low, high = question.values
    found: list[dict[str, Any]] = []
    reasons: list[str] = []
    try:
        named = _tails(question, tail)
        for share in FLOORS:
            floor = low + share * (high - low)
            limits = Limits(value=floor if share else None)
            try:
                best = solve_tail(question.problem, tail, "tail", limits, seconds / len(FLOORS), known=known)
            except (Infeasible, NotFound) as error:
                reasons.append(f"Value of at least {floor:.1%}: {error}")
                continue
            starts = {key: question.problem.quarter(at) for key, at in best.starts.items()}
            found.append({
                "floor": floor, "starts": starts, "value": best.value, "loss": best.loss, **_figures(best.tail),
                "bound": best.bound, "gap": best.gap, "proof": best.proof, "evaluated": best.evaluated,
                "refused": best.refused,
            })  # fmt: skip
    except (ProblemError, AccuracyError) as error:
        return {"reason": str(error)}
    return {"level": LEVEL, "appetite": bool(points), "named": named, "plans": found, "reasons": reasons}


def _tails(question: Question, tail: Tail) -> list[dict[str, Any]]:
    from accord.engines.portfolio import evaluate, tail_of

    rows: list[Named] = [("", "today", "Today", {}), *question.plans]
    return [
        {"key": key, "origin": origin, "name": name, "value": evaluate(question.problem, starts).value,
         **_figures(tail_of(question.problem, starts, tail))}
        for key, origin, name, starts in rows
    ]  # fmt: skip


def _figures(found: TailFigures) -> dict[str, Any]:
    return {
        "mean": found.mean, "tvar": {"lower": found.lower, "value": found.tvar, "upper": found.upper},
        "kept": found.kept, "points": [{**asdict(point), "kept": point.kept} for point in found.appetite],
    }  # fmt: skip
