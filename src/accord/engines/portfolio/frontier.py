"""The frontier of value against loss, its three marked points, and the plans that one compares them with."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from accord.engines.portfolio.bargain import disagreement, ends_of, largest_product
from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.conflict import conflict
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.prove import Aim, Prover
from accord.engines.portfolio.references import Reference, by_return, split_in_two
from accord.engines.portfolio.relaxation import Limits
from accord.engines.portfolio.solve import NotFound, Plan, plan_of

FIRST_SECONDS, FIRST_SHARE = 2.0, 0.1
"""The first answer comes after so many seconds, or after this share of the time."""
ENDS_SHARE = 0.14
JOINT_SHARE = 0.16
SPLIT_SHARE = 0.10
EDGE = 1e-3
"""Least share of either figure in a mix."""
SPREAD = (0.5, 0.25, 0.75)
"""Share of loss in the first mixes."""


class Cancelled(Exception):
    """The caller asked to stop; what was found so far went to `progress`."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """Plans along the frontier by rising loss, and what marks it.

    `cio` has the most value (of equal ones the least loss), `ciso` the least loss (of equal ones the most
    value). `joint` has the largest Nash product (value − value of `ciso`) × (loss of `cio` − loss): each
    executive's disagreement is what the other's plan would leave them. Each plan's `gap` is proved: of `cio`
    and of the points between, how much more value a plan of no more loss could have; of `ciso`, how much less
    loss any plan could have. `ceiling` are (loss, value) pairs that no plan lies beyond. `product_bound` is
    the largest Nash product that is not ruled out. `references` are budget split in two and ROSI ranking.
    """

    points: list[Plan]
    cio: Plan
    ciso: Plan
    joint: Plan
    product: float
    product_bound: float
    ceiling: list[tuple[float, float]]
    references: dict[str, Reference]
    loss_today: float
    complete: bool = True


Progress = Callable[[int, int, str, Frontier | None], None]


@dataclass(slots=True)
class _Course:
    problem: Problem
    prover: Prover
    points: int
    gap: float
    begun: float
    time_limit: float
    progress: Progress
    cancelled: Callable[[], bool]
    done: int = 0
    references: dict[str, Reference] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        return self.points + 4

    def at(self, share: float) -> float:
        return self.begun + share * self.time_limit

    def tell(self, message: str) -> None:
        self.done += 1
        found = None if self.prover.best(Aim(1.0, 0.0)) is None else assemble(self, complete=False)
        self.progress(self.done, self.steps, message, found)
        if self.cancelled():
            raise Cancelled


def frontier(
    problem: Problem,
    points: int = 9,
    time_limit: float = 60.0,
    gap: float = 0.01,
    progress: Progress = lambda done, total, message, found: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Frontier:
    """The frontier with up to `points` plans in about `time_limit` seconds.

    `progress(done, total, message, frontier so far)` is called after each step, `cancelled` asked now and
    then; `Cancelled` ends it early. Raises `Infeasible` with the conflicting rules when no plan exists.
    """
    if (why := conflict(problem)) is not None:
        raise why
    prover = Prover(compile_problem(problem), cancelled)
    course = _Course(problem, prover, max(points, 3), gap, time.monotonic(), time_limit, progress, cancelled)
    _first(course)
    _ends(course)
    _between(course)
    _joint(course)
    course.references["rosi"] = by_return(prover)
    course.references["split"] = split_in_two(problem, course.at(1.0) - time.monotonic(), cancelled)
    for reference in course.references.values():
        if reference.starts is not None:
            prover.offer(prover.compiled.starts(reference.starts))
    course.tell("Budget split in two, and ranking by return")
    return assemble(course, complete=True)


def _first(course: _Course) -> None:
    """A first answer with its gap: even weights, found and bounded in a moment."""
    prover = course.prover
    seconds = min(FIRST_SECONDS, FIRST_SHARE * course.time_limit)
    even = Aim(1.0 / max(prover.most_value, 1e-12), 1.0 / max(prover.compiled.loss_today, 1e-12))
    for aim in (Aim(1.0, 0.0), Aim(0.0, 1.0), even):
        prover.search.run(prover.weights(aim), seconds / 6, stop=course.cancelled)
    prover.cut(even, time.monotonic() + seconds / 2)
    course.tell("A first answer")


def _ends(course: _Course) -> None:
    """What each executive would choose alone."""
    course.prover.pursue(Aim(1.0, 0.0), course.at(ENDS_SHARE), course.gap)
    course.tell("What the CIO would choose alone")
    course.prover.pursue(Aim(0.0, 1.0), course.at(2 * ENDS_SHARE), course.gap)
    course.tell("What the CISO would choose alone")
    if not course.prover.archive.plans:
        raise NotFound(f"No plan was found in {course.time_limit:g} seconds.")


def _spans(prover: Prover) -> tuple[float, float]:
    """How far value and loss reach over the plans known so far."""
    values, losses = prover.archive.values, prover.archive.losses
    return max(values) - min(values), max(losses) - min(losses)


def _between(course: _Course) -> None:
    """Aim at mixes of both: three spread ones, then wherever the proof of a point is weakest."""
    inner = course.points - 2
    last = 1.0 - JOINT_SHARE - SPLIT_SHARE
    for n in range(inner):
        value_span, loss_span = _spans(course.prover)
        if value_span <= 0 or loss_span <= 0:
            course.tell("Both executives want the same plan")
            continue
        if n < len(SPREAD):
            aim = Aim((1.0 - SPREAD[n]) / value_span, SPREAD[n] / loss_span)
        else:
            aim = _weakest(course, value_span, loss_span)
        now = time.monotonic()
        deadline = now + (course.at(last) - now) / (inner - n)
        course.prover.pursue(aim, deadline, course.gap)
        course.tell(f"Mix {n + 1} of {inner}")


def _weakest(course: _Course, value_span: float, loss_span: float) -> Aim:
    """The mix under which the point with the widest gap and its neighbours are about equally good."""
    points = assemble(course, complete=False).points
    widest = max(range(1, len(points) - 1), key=lambda n: points[n].gap, default=0)
    before, after = points[max(widest - 1, 0)], points[min(widest + 1, len(points) - 1)]
    value, loss = after.value - before.value, after.loss - before.loss
    return Aim(max(loss / loss_span, EDGE) / value_span, max(value / value_span, EDGE) / loss_span)


def _joint(course: _Course) -> None:
    """Aim where the Nash product of the best known plan points, twice."""
    prover = course.prover
    for n in (1, 2):
        value, loss, product, _ = largest_product(prover.archive)
        if product > 0:
            floor_value, ceiling_loss = disagreement(prover.archive)
            aim = Aim(1.0 / (value - floor_value), 1.0 / (ceiling_loss - loss))
            share = 1.0 - SPLIT_SHARE - JOINT_SHARE * (2 - n) / 2
            prover.pursue(aim, course.at(share), course.gap / 2)
        course.tell("Joint proposal")


def _product_bound(prover: Prover) -> float:
    """The largest Nash product that the proved lines leave possible.

    Along the ceiling the product of two concave functions of the loss has one peak: golden-section search.
    """
    value_0, loss_0 = disagreement(prover.archive)
    low, high = prover.loss_bound(0.0), loss_0

    def product(loss: float) -> float:
        return max(prover.value_bound(loss) - value_0, 0.0) * max(loss_0 - loss, 0.0)

    ratio = (math.sqrt(5) - 1) / 2
    for _ in range(200):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if product(left) >= product(right) else (left, high)
    return product((low + high) / 2)


def assemble(course: _Course, complete: bool) -> Frontier:
    """The frontier as far as it is known."""
    prover, archive = course.prover, course.prover.archive
    cio, ciso = ends_of(archive)
    *_, product, joint = largest_product(prover.archive)
    if product <= 0:
        joint = ciso if archive.values[ciso] >= archive.values[cio] else cio
    low, high = archive.losses[ciso], archive.losses[cio]
    chosen = {cio, ciso, joint}
    for k in range(1, course.points - 1):
        most = low + (high - low) * k / (course.points - 1)
        rated = [(v, n) for n, (v, x) in enumerate(zip(archive.values, archive.losses, strict=True)) if x <= most]
        chosen.add(max(rated)[1])
    plans = {n: _with_proof(course, n) for n in chosen}
    plans[ciso] = plan_of(prover, ciso, "loss", Limits(), course.gap)
    plans[cio] = plan_of(prover, cio, "value", Limits(), course.gap) if cio != ciso else plans[ciso]
    losses = [low + (high - low) * k / 40 for k in range(41)]
    return Frontier(
        points=[plans[n] for n in sorted(chosen, key=lambda n: archive.losses[n])],
        cio=plans[cio],
        ciso=plans[ciso],
        joint=plans[joint],
        product=product,
        product_bound=max(product, _product_bound(prover)),
        ceiling=[(loss, prover.value_bound(loss)) for loss in losses],
        references=dict(course.references),
        loss_today=prover.compiled.loss_today,
        complete=complete,
    )


def _with_proof(course: _Course, n: int) -> Plan:
    """A plan between the ends with the tighter of its two proofs.

    Either how much more value a plan of no more loss could have, or how much less loss one of no less value:
    where the frontier is steep the one says little and the other much.
    """
    archive = course.prover.archive
    value = plan_of(course.prover, n, "value", Limits(loss=archive.losses[n]), course.gap)
    loss = plan_of(course.prover, n, "loss", Limits(value=archive.values[n]), course.gap)
    return min(value, loss, key=lambda plan: plan.gap)
