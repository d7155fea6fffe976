"""Put what the own history says into a scenario's frequency: only when somebody asks, with what was before kept."""

from __future__ import annotations

from accord.core import ledger
from accord.core.errors import Refused
from accord.core.imports import save_row
from accord.core.models import User
from accord.core.nouns import get
from accord.risk.models import ObservedPeriod, Scenario
from accord.risk.selectors.history import OwnHistory, own_history
from accord.risk.selectors.inputs import controls_of


def history_of(scenario: Scenario) -> OwnHistory:
    """The scenario's own history under today's operating controls. Four queries."""
    from accord.risk.figures import MID, remaining

    return own_history(scenario, remaining(controls_of(scenario.key), "frequency", MID))


def posterior_texts(interval: tuple[float, float, float]) -> tuple[str, str, str]:
    """The posterior as it is shown and written: four significant digits, at most nine decimals."""
    low, mid, high = (_plain(value) for value in interval)
    return low, mid, high


def _plain(value: float) -> str:
    text = f"{float(f'{value:.4g}'):.9f}"
    return text.rstrip("0").rstrip(".")


def use_history(actor: User, scenario: Scenario, prior: str, seen: tuple[str, str, str]) -> None:
    """Write the posterior of a prior ("range" or "base") as the scenario's frequency.

    `seen` is the posterior that the person saw: `Refused` if it is another one by now. The history that went in is
    marked as counted, so that it never counts twice; the ledger keeps the range that was there before.
    """
    with ledger.write(actor) as log:
        scenario = Scenario.objects.select_for_update().get(pk=scenario.pk)
        history = history_of(scenario)
        row = next((one for one in history.rows if one.prior == prior), None)
        if row is None:
            raise Refused(history.missing or "There is no such prior any more. Look again.")
        texts = posterior_texts(row.update.posterior.interval)
        if texts != seen:
            raise Refused("The history has changed since you looked. Reload to see what it says now.")
        if texts[0] == "0":
            raise Refused("Its 5 % value is too small to be written. State the range by hand.")
        period = f"{history.since:%Y-%m-%d} to {history.until:%Y-%m-%d}"
        count = f"{history.events} own event{'' if history.events == 1 else 's'}"
        said = f"{row.label} with {count}, {period}. Before: {row.source}"
        values = {
            "key": scenario.key, "name": scenario.name, "threat": scenario.threat, "effect": scenario.effect,
            "frequency_low": texts[0], "frequency_mid": texts[1], "frequency_high": texts[2], "source": said[:300],
        }  # fmt: skip
        save_row(actor, get("scenario"), values)
        observed = ObservedPeriod.objects.get(scenario=scenario)
        before = {"counted_to": observed.counted_to}
        observed.counted_to = history.until
        observed.save()
        log.add("change", "observed_period", scenario.key, before, {"counted_to": observed.counted_to})
