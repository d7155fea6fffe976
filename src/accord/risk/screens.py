"""The screens of this room's nouns, and where they stand in the navigation and the palette."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.http import HttpRequest

from accord.core.statements import Statement
from accord.organization.screens import searcher
from accord.risk import figures, nouns, selectors
from accord.risk.models import Scenario
from accord.risk.selectors.inputs import controls_of
from accord.risk.views.history import history_context
from accord.ui import format as write
from accord.ui import navigation, palette
from accord.ui.charts import interval_dots
from accord.ui.nouns import NounScreens


def _scenario_statements(request: HttpRequest, scenario: Scenario) -> Iterable[Statement]:
    ends = (scenario.frequency_low, scenario.frequency_mid, scenario.frequency_high)
    low, mid, high = ends
    yield Statement(
        "scenario.frequency", "Frequency without controls", mid, "events a year",
        (low, high) if low is not None and high is not None else None, 0.9,
        source=scenario.source or "No source is given.", query="risk.Scenario",
        note=_how_often(mid),
    )  # fmt: skip
    left = figures.remaining(controls_of(scenario.key), "frequency", figures.MID)
    lowered = None if mid is None else float(mid) * left
    yield Statement(
        "scenario.frequency_left", "Frequency with today's controls", lowered, "events a year",
        source="Frequency × what each operating control leaves of it, at the middle of its effect.",
        note=_how_often(lowered),
        query="risk.figures.remaining", href=f"/control-effects/?scenario={scenario.key}",
    )  # fmt: skip
    run = selectors.latest_run()
    row = selectors.scenario_row(run, scenario.key)
    unit = run.currency if run is not None else write.default_currency()
    yield Statement(
        "scenario.mean", "Expected loss a year", row["mean"] if row else None, unit,
        (row["low"], row["high"]) if row and row["high"] > row["low"] else None, as_of=run.at if run else None,
        source="Of the latest loss run; the interval is that of its controls' effects.", href="/loss/#scenarios",
        query="risk.selectors.scenario_row", note="" if row else "It is in no loss run yet.",
    )  # fmt: skip
    if run is not None and row is not None:
        tail = selectors.level_of(run, "tvar", run.result["tail_level"])
        share = row["tail"] / tail["value"] if tail and tail["value"] else None
        yield Statement(
            "scenario.tail", "Part of the worst 1 % of years", share, "%", as_of=run.at, href="/loss/#scenarios",
            source="Expected loss of the scenario in the years beyond VaR 99 %, over that of all.",
            query="risk.selectors.scenario_row",
        )  # fmt: skip


def _how_often(frequency: Decimal | float | None) -> str:
    """A rate below one a year in years between two events."""
    if frequency is None or not 0 < frequency < 1:
        return ""
    return f"About once in {1 / float(frequency):,.3g} years."


def _scenario_context(request: HttpRequest, scenario: Scenario) -> Mapping[str, object]:
    rows = [
        (loss.get_form_display(), float(loss.low), float(loss.mid), float(loss.high))
        for loss in scenario.losses.order_by("-mid")
    ]
    return {
        "loss_chart": interval_dots(rows, title="Loss per event", name_title="Form of loss") if rows else None,
        **history_context(request, scenario),
    }


SCENARIOS = NounScreens(
    nouns.SCENARIO, "risk", statements=_scenario_statements, context=_scenario_context,
    detail_template="risk/scenario_detail.html",
)  # fmt: skip
SCENARIO_SYSTEMS = NounScreens(nouns.SCENARIO_SYSTEM, "risk")
SCENARIO_LOSSES = NounScreens(nouns.SCENARIO_LOSS, "risk")
CONTROL_EFFECTS = NounScreens(nouns.CONTROL_EFFECT, "risk")
INITIATIVE_EFFECTS = NounScreens(nouns.INITIATIVE_EFFECT, "risk")
LOSS_EVENTS = NounScreens(nouns.LOSS_EVENT, "risk")
HAZARD_ASSUMPTIONS = NounScreens(nouns.HAZARD_ASSUMPTION, "risk")
SHARED_CAUSES = NounScreens(nouns.SHARED_CAUSE, "risk")
SHARED_CAUSE_SCENARIOS = NounScreens(nouns.SHARED_CAUSE_SCENARIO, "risk")
BASE_RATES = NounScreens(nouns.BASE_RATE, "risk")
OBSERVED_PERIODS = NounScreens(nouns.OBSERVED_PERIOD, "risk")
SCREENS = (
    SCENARIOS, SCENARIO_SYSTEMS, SCENARIO_LOSSES, CONTROL_EFFECTS, INITIATIVE_EFFECTS, LOSS_EVENTS,
    HAZARD_ASSUMPTIONS, SHARED_CAUSES, SHARED_CAUSE_SCENARIOS, BASE_RATES, OBSERVED_PERIODS,
)  # fmt: skip


def declare() -> None:
    entry = navigation.Entry
    navigation.register(
        entry("Risk", "Annual loss", "risk:loss", noun="loss", order=5, icon="loss"),
        entry("Risk", "What findings cost", "risk:hazard", noun="hazard", order=7, icon="finding"),
        entry("Risk", "Risk appetite", "risk:appetite", noun="appetite", order=10, icon="appetite"),
        entry("Risk", "Calibration training", "risk:training", noun="training", order=90, icon="interval"),
    )
    listed = ((SCENARIOS, "scenario"), (LOSS_EVENTS, "incident"), (SHARED_CAUSES, "dependency"))
    for order, (screens, icon) in enumerate(listed):
        noun = screens.noun
        navigation.register(
            entry("Risk", screens.title, f"risk:{noun.name}_list", noun=noun.name, order=order * 20 + 20, icon=icon)
        )
    palette.register_searcher("scenario", "Scenarios", searcher(SCENARIOS))
    palette.register_page("Propose a risk appetite", "risk:appetite_new", noun="appetite", verb="change")
    for screens in (
        SCENARIO_SYSTEMS, SCENARIO_LOSSES, CONTROL_EFFECTS, INITIATIVE_EFFECTS, HAZARD_ASSUMPTIONS,
        SHARED_CAUSE_SCENARIOS, BASE_RATES, OBSERVED_PERIODS,
    ):  # fmt: skip
        noun = screens.noun
        palette.register_page(screens.title, f"risk:{noun.name}_list", noun=noun.name)
