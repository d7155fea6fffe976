"""Six plans side by side: today, each executive alone, the budget split in two, ROSI ranking, and the joint one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accord.engines.portfolio.compiled import compile_problem
from accord.engines.portfolio.evaluate import value_and_loss
from accord.engines.portfolio.frontier import Frontier
from accord.engines.portfolio.problem import Problem
from accord.engines.portfolio.references import must_first


@dataclass(frozen=True, slots=True)
class Compared:
    """One way to decide, beside the joint plan.

    `starts` None = that way gives no plan, `reason` says why. `value_lost` and `loss_added` are what it has less
    of value and more of loss than the joint plan (negative: it has more value, or less loss: what the joint plan
    gives up for the other figure). `value_possible` is the most value that is known to be possible at no more
    loss than this plan has, `loss_possible` the least loss at no less value: what it gives away for nothing.
    """

    key: str
    name: str
    starts: Mapping[str, int] | None
    value: float | None = None
    loss: float | None = None
    value_lost: float | None = None
    loss_added: float | None = None
    value_possible: float | None = None
    loss_possible: float | None = None
    reason: str = ""


def six_plans(problem: Problem, found: Frontier) -> dict[str, Compared]:
    """The six by key: today, cio, ciso, split, rosi, joint. `found` is a frontier of the problem.

    “Today” is nothing beyond what is mandatory or pinned, each as early as it fits.
    """
    compiled = compile_problem(problem)
    known = [(plan.value, plan.loss) for plan in [*found.points, found.cio, found.ciso, found.joint]]
    known += [(r.value, r.loss) for r in found.references.values() if r.value is not None and r.loss is not None]

    def row(key: str, name: str, starts: Mapping[str, int]) -> Compared:
        value, loss = value_and_loss(compiled, compiled.starts(starts))
        return Compared(
            key, name, dict(starts), value, loss, found.joint.value - value, loss - found.joint.loss,
            max([value, *(v for v, x in known if x <= loss * (1 + 1e-9))]),
            min([loss, *(x for v, x in known if v >= value * (1 - 1e-9))]),
        )  # fmt: skip

    held = must_first(compiled)
    if held is None:
        today = Compared("today", "Today", None, reason="What is mandatory does not fit one after the other.")
    else:
        today = row("today", "Today", compiled.plan(held))
    rows = [today, row("cio", "CIO alone", found.cio.starts), row("ciso", "CISO alone", found.ciso.starts)]
    for key, name in (("split", "Budget split in two"), ("rosi", "ROSI ranking")):
        reference = found.references.get(key)
        if reference is None or reference.starts is None:
            reason = "It was not computed." if reference is None else reference.reason
            rows.append(Compared(key, name, None, reason=reason))
        else:
            rows.append(row(key, name, reference.starts))
    rows.append(row("joint", "Joint", found.joint.starts))
    return {item.key: item for item in rows}
