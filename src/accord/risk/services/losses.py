"""Compute the annual loss and keep it."""

from __future__ import annotations

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.risk.figures import Tell, compute
from accord.risk.models import LossRun
from accord.risk.selectors.inputs import collect


def run_loss(actor: User, tell: Tell | None = None) -> LossRun:
    """Read the inputs, compute outside of any transaction, store the run. `tell` hears of the progress.

    Refused where no scenario can be quantified, or where the engine's own checks contradict its figures.
    """
    from accord.engines.loss import AccuracyError

    inputs, number = collect()
    try:
        result = compute(inputs, tell or _silently)
    except ValueError as error:
        remedy = "Give a scenario its frequency and its loss per event at 5, 50 and 95 %."
        raise Refused(Problem(None, "scenario", str(error), remedy)) from error
    except AccuracyError as error:
        raise Refused(Problem(None, "loss", f"A check of the computation failed: {error}", "Tell support.")) from error
    with ledger.write(actor) as log:
        run = LossRun.objects.create(
            by=actor, inputs_hash=inputs.hash, ledger_number=number, currency=inputs.currency, result=result
        )
        after = {"inputs_hash": run.inputs_hash, "mean": result["mean"]["value"], "currency": run.currency}
        log.add("run", "loss", run.pk, None, after)
    return run


def _silently(done: int, total: int, message: str) -> None:
    """Nobody watches."""
