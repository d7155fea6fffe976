"""The table nouns of this room."""

from __future__ import annotations

from collections.abc import Iterable

from accord.core.nouns import Column, Noun, Row, register
from accord.core.values import Kind, render
from accord.organization.nouns import KEY, NAME
from accord.risk.hazard.assumptions import ASSUMPTIONS, check
from accord.risk.models import Scenario, ScenarioLoss

ENDS = ("low", "mid", "high")


def _in_order(row: Row, names: tuple[str, ...], *, all_or_none: bool) -> Iterable[tuple[str, str, str]]:
    values = [row[name] for name in names]
    known = [v for v in values if v is not None]
    if all_or_none and known and len(known) < 3:
        missing = next(name for name, value in zip(names, values, strict=True) if value is None)
        yield missing, "The interval is not whole.", "Give 5 %, 50 % and 95 %, or leave all three blank."
    elif len(known) == 3 and not values[0] <= values[1] <= values[2]:
        text = ", ".join(map(render, values))
        yield names[0], f"{text} do not rise.", "The 5 % value comes first, the 95 % value last."


def _frequency_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    yield from _in_order(row, ("frequency_low", "frequency_mid", "frequency_high"), all_or_none=True)
    if row["frequency_mid"] == 0:
        yield "frequency_mid", "A frequency of 0 means that it never happens.", "Remove the scenario, or say how rare."


def _rate_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    yield from _in_order(row, ("rate_low", "rate_mid", "rate_high"), all_or_none=True)
    if row["rate_mid"] == 0:
        yield "rate_mid", "A rate of 0 means that it never strikes.", "Remove the cause, or say how rare."


def _counted_within(row: Row) -> Iterable[tuple[str, str, str]]:
    if row["counted_to"] is not None and row["since"] is not None and row["counted_to"] < row["since"]:
        yield "counted_to", "It lies before the period begins.", "Give a later day, or leave it blank."


def _rate_above_zero(row: Row) -> Iterable[tuple[str, str, str]]:
    for name in ("rate", "years"):
        if row[name] is not None and not row[name] > 0:
            yield name, "It is not above 0.", "Give a number above 0, or remove the row."


def _loss_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    yield from _in_order(row, ENDS, all_or_none=False)
    if row["mid"] == 0:
        yield "mid", "A loss of 0 is no loss.", "Remove the row, or give the amount."


def _effect_in_order(row: Row) -> Iterable[tuple[str, str, str]]:
    for side in ("frequency", "magnitude"):
        yield from _in_order(row, (f"{side}_low", f"{side}_mid", f"{side}_high"), all_or_none=True)
    if row["frequency_mid"] is None and row["magnitude_mid"] is None:
        yield "frequency_mid", "It has no effect on either side.", "Give an interval for frequency or magnitude."


def _effects(lowest: float) -> tuple[Column, ...]:
    words = {"low": "at least (5 %)", "mid": "middle (50 %)", "high": "at most (95 %)"}
    return tuple(
        Column(
            f"{side}_{end}", Kind.SHARE, minimum=lowest, maximum=1, label=f"{side.capitalize()} falls by, {words[end]}",
            help="Blank = this side is not touched." + (" Negative = it rises." if lowest < 0 else ""),
            blank="not touched",
        )
        for side in ("frequency", "magnitude")
        for end in ENDS
    )  # fmt: skip


def _scenario() -> Column:
    return Column("scenario", Kind.REF, noun="scenario", key=True, required=True)


SCENARIO = Noun(
    "scenario", "scenarios", "risk.Scenario",
    (
        KEY,
        NAME,
        Column("description", Kind.LONG),
        Column("threat", Kind.CHOICE, required=True, choices=tuple(Scenario.Threat.choices)),
        Column("effect", Kind.CHOICE, required=True, choices=tuple(Scenario.Effect.choices)),
        *(
            Column(
                f"frequency_{end}", Kind.DECIMAL, label=f"Frequency, {words}", unit="events a year", minimum=0,
                help="Without the controls that are listed for it.",
            )
            for end, words in (("low", "5 %"), ("mid", "50 %"), ("high", "95 %"))
        ),
        Column("owner", Kind.REF, noun="person"),
        Column("source", help="Where the numbers come from."),
    ),
    row_checks=(_frequency_in_order,), order=50, description="What could happen, and how often.",
)  # fmt: skip
SCENARIO_SYSTEM = Noun(
    "scenario_system", "scenario_systems", "risk.ScenarioSystem",
    (
        _scenario(),
        Column("system", Kind.REF, noun="system", key=True, required=True),
        Column("share", Kind.SHARE, required=True, help="Share of the scenario's loss that falls on the system."),
    ),
    title="scenario", share_of="scenario", order=51, description="Which systems a scenario hits, by share.",
)  # fmt: skip
SCENARIO_LOSS = Noun(
    "scenario_loss", "scenario_losses", "risk.ScenarioLoss",
    (
        _scenario(),
        Column("form", Kind.CHOICE, key=True, required=True, choices=tuple(ScenarioLoss.Form.choices)),
        *(
            Column(end, Kind.MONEY, label=f"Loss per event, {words}", required=True, minimum=0)
            for end, words in (("low", "5 %"), ("mid", "50 %"), ("high", "95 %"))
        ),
    ),
    title="scenario", row_checks=(_loss_in_order,), order=52, description="What one event costs, by form of loss.",
)  # fmt: skip
CONTROL_EFFECT = Noun(
    "control_effect", "control_effects", "risk.ControlEffect",
    (Column("control", Kind.REF, noun="control", key=True, required=True), _scenario(), *_effects(0)),
    title="control", row_checks=(_effect_in_order,), order=53,
    description="By how much a control lowers a scenario's frequency and magnitude.",
)  # fmt: skip
INITIATIVE_EFFECT = Noun(
    "initiative_effect", "initiative_effects", "risk.InitiativeEffect",
    (Column("initiative", Kind.REF, noun="initiative", key=True, required=True), _scenario(), *_effects(-1)),
    title="initiative", row_checks=(_effect_in_order,), order=54,
    description="By how much an initiative, when done, lowers or raises a scenario.",
)  # fmt: skip
LOSS_EVENT = Noun(
    "loss_event", "loss_events", "risk.LossEvent",
    (
        KEY,
        Column("scenario", Kind.REF, noun="scenario"),
        Column("date", Kind.DATE, required=True),
        Column("amount", Kind.MONEY, required=True, minimum=0),
        Column("note"),
    ),
    title="key", order=55, description="Losses that the organization had.",
)  # fmt: skip
HAZARD_ASSUMPTION = Noun(
    "hazard_assumption", "hazard_assumptions", "risk.HazardAssumption",
    (
        Column("key", Kind.CHOICE, key=True, required=True, choices=tuple((a.key, a.label) for a in ASSUMPTIONS),
               label="Assumption"),
        *(
            Column(end, Kind.DECIMAL, label=words, required=True, minimum=0)
            for end, words in (("low", "Low"), ("mid", "Middle"), ("high", "High"))
        ),
        Column("source", required=True, help="Where the numbers come from."),
    ),
    title="key", row_checks=(check,), order=56,
    description="What the hazard rests on where your numbers replace Accord's own ranges.",
)  # fmt: skip
SHARED_CAUSE = Noun(
    "shared_cause", "shared_causes", "risk.SharedCause",
    (
        KEY,
        NAME,
        Column("description", Kind.LONG),
        *(
            Column(f"rate_{end}", Kind.DECIMAL, label=f"Strikes, {words}", unit="times a year", minimum=0,
                   help="Leave all three blank where it is unknown: the cause is then in no figure.")
            for end, words in (("low", "5 %"), ("mid", "50 %"), ("high", "95 %"))
        ),
        Column("source", help="Where the numbers come from."),
    ),
    row_checks=(_rate_in_order,), order=57,
    description="What strikes several scenarios at once: a supplier, a data centre, an identity provider.",
)  # fmt: skip
SHARED_CAUSE_SCENARIO = Noun(
    "shared_cause_scenario", "shared_cause_scenarios", "risk.SharedCauseScenario",
    (
        Column("cause", Kind.REF, noun="shared_cause", key=True, required=True, back="Strikes"),
        Column("scenario", Kind.REF, noun="scenario", key=True, required=True, back="Shared causes"),
        Column("probability", Kind.SHARE, required=True, minimum=0, maximum=1,
               help="How likely the scenario happens each time the cause strikes. Its own frequency contains these."),
    ),
    title="cause", order=58, description="Which scenarios a shared cause sets off, and how likely.",
)  # fmt: skip
BASE_RATE = Noun(
    "base_rate", "base_rates", "risk.BaseRate",
    (
        KEY,
        Column("scenario", Kind.REF, noun="scenario", required=True),
        Column("rate", Kind.DECIMAL, required=True, minimum=0, unit="events a year",
               help="For an organization like this one."),
        Column("years", Kind.DECIMAL, required=True, minimum=0, label="Worth in years", unit="years",
               help="How many years of own observation the source is worth: the more it fits, the more."),
        Column("source", required=True, help="Where the rate comes from."),
    ),
    title="key", row_checks=(_rate_above_zero,), order=59,
    description="Published rates of scenarios, each with its source and its weight.",
)  # fmt: skip
OBSERVED_PERIOD = Noun(
    "observed_period", "observed_periods", "risk.ObservedPeriod",
    (
        _scenario(),
        Column("since", Kind.DATE, required=True,
               help="The day since which every such event would have been written down."),
        Column("counted_to", Kind.DATE, blank="no part of it",
               help="Up to this day the history is already in the scenario's frequency and counts no more."),
        Column("source", help="How that is known."),
    ),
    title="scenario", row_checks=(_counted_within,), order=60,
    description="Since when the organization keeps record of a scenario's events.",
)  # fmt: skip
NOUNS = (
    SCENARIO, SCENARIO_SYSTEM, SCENARIO_LOSS, CONTROL_EFFECT, INITIATIVE_EFFECT, LOSS_EVENT, HAZARD_ASSUMPTION,
    SHARED_CAUSE, SHARED_CAUSE_SCENARIO, BASE_RATE, OBSERVED_PERIOD,
)  # fmt: skip


def declare() -> None:
    register(*NOUNS)
