"""A policy's table as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from accord.engines.priority import BOD, CODES, CVSS, TABLE, Policy, Urgency
from accord.engines.priority.policies import DEPLOYER, EXPLOITATION, EXPOSURES, IMPACTS

WORDS = {"none": "none known", "poc": "proof of concept", "active": "active"}


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class: its code, name, days (None = no deadline), whether it asks for triage."""

    code: str
    label: str
    days: int | None
    triage: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: headings, and rows of (words, "" or the code of a class)."""

    head: list[str]
    rows: list[list[tuple[str, str]]]


def class_rows(rules: Policy) -> list[ClassRow]:
    """The classes, the most urgent first."""
    return [ClassRow(CODES[u], rules.label(u), rules.days(u), rules.triage(u)) for u in Urgency]


def grid(rules: Policy) -> Grid:
    """The table of a policy."""
    if rules.kind == CVSS:
        high, middle, low = (f"{end:g}" for end in rules.bands)
        bands = (f"{high} to 10", f"{middle} to below {high}", f"{low} to below {middle}", f"below {low}")
        slots = (Urgency.DAYS_3, Urgency.DAYS_14, Urgency.DAYS_60, Urgency.UPGRADE)
        rows = [[(band, ""), _cell(rules, slot)] for band, slot in zip(bands, slots, strict=True)]
        return Grid(["CVSS base score", "Class"], rows)
    if rules.kind == BOD:
        rows = [
            [*((_yes(answer), "") for answer in answers), _cell(rules, TABLE[answers])]
            for answers in sorted(TABLE, key=lambda a: (TABLE[a], [not one for one in a]))
        ]
        return Grid(["Known exploited", "Publicly exposed", "Can be automated", "Total impact", "Class"], rows)
    head = ["Exploitation", "System exposure", "Can be automated", *(f"Human impact {level}" for level in IMPACTS)]
    rows = [
        [(WORDS[x], ""), (where, ""), (_yes(a), ""), *(_cell(rules, DEPLOYER[x, where, a, level]) for level in IMPACTS)]
        for x, where, a in product(reversed(EXPLOITATION), reversed(EXPOSURES), (True, False))
    ]
    return Grid(head, rows)


def notes(rules: Policy) -> list[str]:
    """What the table does not show: lifts and bounds, in words."""
    found = []
    if rules.kind not in (BOD, CVSS):
        pairs = zip(IMPACTS[1:], rules.goal_bounds, strict=True)
        shares = ", ".join(f"{name} from {bound:.0%}" for name, bound in pairs)
        found.append(f"Human impact by the share of goal weight that hangs on it: {shares}; low below.")
    if rules.lift_share is not None:
        found.append(f"A finding that carries {rules.lift_share:.1%} of goal weight or more is one class more urgent.")
    if rules.lift_loss is not None:
        found.append(f"A finding that costs {rules.lift_loss:,.0f} a year or more is one class more urgent.")
    if rules.has_lift:
        found.append("No lift leads into the class with forensic triage.")
    return found


def _cell(rules: Policy, slot: Urgency) -> tuple[str, str]:
    return rules.label(slot), CODES[slot]


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"
