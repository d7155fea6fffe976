"""Compute the hazard, price every finding, and keep the run."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.exposure.services import accepted, concentration, set_prices
from accord.exposure.services.stakes import set_stakes
from accord.monitoring.services.stakes import set_stakes as set_stakes_of_alerts
from accord.risk.figures import Tell
from accord.risk.hazard.compute import Computed, compute
from accord.risk.hazard.inputs import HazardInputs, collect
from accord.risk.models import HazardRun


def run_hazard(actor: User, tell: Tell | None = None, *, anew: bool = False) -> HazardRun:
    """Read the inputs, compute outside of any transaction, price assets and findings, store the run.

    `anew`: anchor every scenario at today's findings instead of keeping the anchors of before. Refused where no
    scenario can be quantified, or where dependencies never let an intruder go.
    """
    from accord.engines.hazard import HazardInputError

    report = tell or _silently
    inputs, number = collect()
    last = HazardRun.objects.order_by("-at", "-pk").values_list("anchors", flat=True).first()
    at = timezone.now()
    try:
        computed = compute(inputs, {} if anew else last or {}, at, report)
    except HazardInputError as error:
        problems = [Problem(None, p.field, f"{p.key}: {p.reason}.", f"{p.remedy}.") for p in error.problems]
        raise Refused(*problems) from error
    except ValueError as error:
        remedy = "Give a scenario its frequency and its loss per event at 5, 50 and 95 %."
        raise Refused(Problem(None, "scenario", str(error), remedy)) from error
    return _keep(actor, inputs, number, computed, at, report)


def _keep(actor: User, inputs: HazardInputs, number: int, computed: Computed, at: Any, tell: Tell) -> HazardRun:
    currency = inputs.loss.currency

    def pricing(done: int, whole: int) -> None:
        tell(done, whole, "Pricing findings")

    set_prices(actor, computed.prices, computed.unknown, computed.most, currency, at, pricing)
    result = {**computed.result, "top": concentration(), "accepted": accepted()}
    with ledger.write(actor) as log:
        run = HazardRun.objects.create(
            at=at, by=actor, inputs_hash=inputs.hash, ledger_number=number, currency=currency, result=result,
            detail=computed.detail,            anchors=computed.anchors,
        )  # fmt: skip
        after = {"inputs_hash": run.inputs_hash, "loss": result["loss"][1], "by_findings": result["by_findings"]}
        set_stakes(computed.stakes, currency, at)
        set_stakes_of_alerts(computed.stakes, currency, at)
        log.add("run", "hazard", run.pk, None, {**after, "currency": currency})
    return run


def _silently(done: int, total: int, message: str) -> None:
    """Nobody watches."""
