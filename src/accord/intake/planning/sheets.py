"""The sheets of a planning workbook: their columns, what each holds, and which other sheet it points to.

They are the tables of docs/tables.md that a plan rests on, so a workbook that `accord export` wrote can be planned as
it is; the short names (`costs`, `people`, …) mean the same. One column is more: `loss` of a scenario, for whoever
knows its expected loss a year and not how it comes about.
"""

from __future__ import annotations

from dataclasses import dataclass

KEY, TEXT, NUMBER, WHOLE, SHARE, QUARTER, BOOL, CHOICE, REF = (
    "key", "text", "number", "whole number", "share", "quarter", "yes or no", "choice", "reference",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, whether it must be filled in or is part of the key, and its bounds."""

    name: str
    kind: str
    help: str
    required: bool = False
    key: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet. `passed` are columns that may be there and say nothing to a plan; `short` is its other name."""

    name: str
    short: str
    help: str
    columns: tuple[Column, ...]
    passed: tuple[str, ...] = ()
    needed: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)


def _key() -> Column:
    return Column("key", KEY, "Stable and unique.", required=True, key=True)


def _name() -> Column:
    return Column("name", TEXT, "Name; the key if blank.")


def _ref(sheet: str, name: str = "", *, key: bool = True) -> Column:
    return Column(name or sheet, REF, f"Key of a row of the sheet {sheet}.", required=key, key=key, sheet=sheet)


def _amount(name: str, text: str, *, required: bool = False) -> Column:
    return Column(name, NUMBER, text, required=required, low=0.0)


def _interval(prefix: str, text: str, low: float = 0.0, high: float | None = None) -> tuple[Column, ...]:
    kind = NUMBER if high is None else SHARE
    ends = (("low", "5 %"), ("mid", "50 %"), ("high", "95 %"))
    return tuple(Column(f"{prefix}{end}", kind, f"{text}, {at}.", low=low, high=high) for end, at in ends)


def _shares(low: float, text: str) -> tuple[Column, ...]:
    return (
        *_interval("frequency_", f"{text} frequency (share); blank = not touched", low, 1.0),
        *_interval("magnitude_", f"{text} magnitude (share); blank = not touched", low, 1.0),
    )


def _passed(*prefixes: str) -> tuple[str, ...]:
    """Columns of intervals that say nothing to a plan."""
    return tuple(f"{prefix}{end}" for prefix in prefixes for end in ("low", "mid", "high"))


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "initiative", "initiatives", "What either executive would start.",
        (
            _key(), _name(),
            Column("sponsor", CHOICE, "Whose initiative it is.", required=True, choices=("cio", "ciso")),
            Column("duration_quarters", WHOLE, "From start to finish; benefits begin in the quarter after.",
                   required=True, low=1, high=12),
            Column("earliest_start", QUARTER, "Such as 2027-Q1; blank = any quarter."),
            Column("latest_start", QUARTER, "Such as 2028-Q4; blank = any quarter."),
            Column("mandatory", BOOL, "Every plan must hold it; blank is read as no."),
            Column("size_of", TEXT, "Of the initiatives with the same text a plan holds one at the most."),
        ),
        ("description", "owner"), needed=True,
    ),
    Sheet(
        "initiative_cost", "costs", "What an initiative costs in each year from its own start.",
        (
            _ref("initiative"),
            Column("year", WHOLE, "1 = its first year.", required=True, key=True, low=1, high=5),
            _amount("capital", "Paid while it is being built; 0 if nothing."),
            _amount("running", "Paid through the year; the last year listed goes on to the end."),
        ),
    ),
    Sheet(
        "initiative_people", "people", "Full-time equivalents by skill and quarter from the initiative's own start.",
        (
            _ref("initiative"),
            Column("quarter", WHOLE, "1 = its first quarter.", required=True, key=True, low=1, high=12),
            Column("skill", TEXT, "Skill, as in the sheet capacity.", required=True, key=True),
            _amount("fte", "Full-time equivalents.", required=True),
        ),
    ),
    Sheet(
        "initiative_relation", "relations", "What must be finished before, and what cannot be done beside.",
        (
            _ref("initiative"),
            Column("kind", CHOICE, "requires = finished before it starts.", required=True, key=True,
                   choices=("requires", "excludes")),
            _ref("initiative", "other"),
        ),
    ),
    Sheet(
        "goal", "goals", "What the organization wants, in a tree with weights.",
        (
            _key(), _name(), _ref("goal", "parent", key=False),
            _amount("weight", "Relative to the goals beside it; blank = unknown, and then in no figure."),
        ),
        ("owner", "measure", "target", "due"),
    ),
    Sheet(
        "initiative_goal", "contributions", "How much of a goal's gap an initiative closes when done.",
        (
            _ref("initiative"), _ref("goal"),
            Column("contribution", SHARE, "Share of the gap.", required=True, low=0.0, high=1.0),
        ),
    ),
    Sheet(
        "initiative_ramp", "ramps", "How benefits grow after the finish; without rows they are there at once.",
        (
            _ref("initiative"),
            Column("quarter", WHOLE, "1 = first after its finish.", required=True, key=True, low=1, high=12),
            Column("share", SHARE, "Part of the full benefit.", required=True, low=0.0, high=1.0),
        ),
    ),
    Sheet(
        "scenario", "scenarios", "What could go wrong: its expected loss a year, or how often and how badly.",
        (
            _key(), _name(),
            _amount("loss", "Expected loss a year; blank = from its frequency and the sheet scenario_loss."),
            *_interval("frequency_", "Events a year without controls"),
        ),
        ("description", "threat", "effect", "owner", "source"),
    ),
    Sheet(
        "scenario_loss", "losses", "What one event costs, by form of loss.",
        (_ref("scenario"), Column("form", TEXT, "Form of loss.", required=True, key=True),
         *_interval("", "Loss per event")),
    ),
    Sheet(
        "control", "controls", "Safeguards; only those that operate count.",
        (
            _key(), _name(),
            Column("state", CHOICE, "Only operating ones count.", required=True,
                   choices=("planned", "operating", "retired")),
        ),
        ("description", "owner", "since", *_passed("capability_", "reliability_")),
    ),
    Sheet(
        "control_effect", "control_effects", "By how much a control lowers a scenario.",
        (_ref("control"), _ref("scenario"), *_shares(0.0, "Lowers its")),
    ),
    Sheet(
        "initiative_effect", "effects", "By how much an initiative, lowers a scenario when done (negative: raises it).",
        (_ref("initiative"), _ref("scenario"), *_shares(-1.0, "Lowers its")),
    ),
    Sheet(
        "budget", "budgets", "What may be spent on initiatives in each calendar year; its years are the horizon.",
        (
            Column("year", WHOLE, "Calendar year.", required=True, key=True, low=2000, high=2200),
            _amount("capital", "Capital.", required=True), _amount("running", "Running cost.", required=True),
        ),
        needed=True,
    ),
    Sheet(
        "capacity", "capacities", "Who is free for initiatives, by skill and quarter.",
        (
            Column("skill", TEXT, "Skill.", required=True, key=True),
            Column("quarter", QUARTER, "Such as 2027-Q1.", required=True, key=True),
            _amount("fte", "Full-time equivalents that are free.", required=True),
        ),
    ),
)  # fmt: skip
BY_NAME = {name: sheet for sheet in SHEETS for name in (sheet.name, sheet.short)}
CURRENCY = "currency"
"""A column that any sheet with money may have; all of a workbook must say the same."""
