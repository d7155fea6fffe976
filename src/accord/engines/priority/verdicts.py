"""The verdict on one finding in words: its reasons, and what would change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from accord.engines.priority.classes import (
    ALL,
    AUTOMATABLE,
    INFORMATION,
    LABELS,
    TOTAL,
    Urgency,
    interval_of,
)
from accord.engines.priority.places import LEVELS, SCORES, level


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one finding. None = unknown. `possible` as of `possibilities`."""

    known_exploited: bool | None
    exposed: bool | None
    possible: int
    epss: float | None = None
    goal_weight: float | None = None
    score: float | None = None
    price: float | None = None

    @property
    def automatable(self) -> bool | None:
        return _answer(self.possible, AUTOMATABLE)

    @property
    def total_impact(self) -> bool | None:
        return _answer(self.possible, TOTAL)


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that the verdict rests on, with its value (None = unknown) and what it does to the verdict."""

    fact: str
    label: str
    value: bool | float | None
    effect: str

    @property
    def known(self) -> bool:
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Flip:
    """What the class would be if the fact were `value`, the others staying as they are."""

    fact: str
    label: str
    value: bool
    best: Urgency
    worst: Urgency
    settles: bool

    @property
    def text(self) -> str:
        return span(self.best, self.worst)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of one finding with its reasons. `flips` are answers that would change it."""

    best: Urgency
    worst: Urgency
    rank: int
    reasons: list[Reason]
    flips: list[Flip]

    @property
    def is_settled(self) -> bool:
        return self.best == self.worst

    @property
    def text(self) -> str:
        return span(self.best, self.worst)


QUESTIONS = {
    "known_exploited": "Known exploited",
    "exposed": "Publicly exposed",
    "automatable": "Exploitation can be automated",
    "total_impact": "Gives total control",
}


def span(best: int, worst: int) -> str:
    """An interval of classes in words: "14 days", or "3 days to next upgrade"."""
    if best == worst:
        return LABELS[Urgency(worst)]
    return f"{LABELS[Urgency(worst)]} to {LABELS[Urgency(best)]}"


def explain(facts: Facts) -> Verdict:
    """The verdict on one finding, with its reasons and what would change it. The same table as `assess`."""
    best, worst = interval_of(_code(facts.known_exploited), _code(facts.exposed), facts.possible)
    flips = list(_flips(facts, best, worst))
    return Verdict(best, worst, _rank(facts, best, worst), [*_reasons(facts, flips), *_order(facts)], flips)


def _rank(facts: Facts, best: Urgency, worst: Urgency) -> int:
    """The place of one finding, as `assess` gives it to many."""
    chance = 1.0 if facts.known_exploited else facts.epss or 0.0
    place, tenths = level(facts.price, (facts.goal_weight or 0.0) * chance), round((facts.score or 0.0) * 10)
    return ((worst * len(Urgency) + best) * LEVELS + LEVELS - 1 - place) * SCORES + SCORES - 1 - tenths


def _flips(facts: Facts, best: Urgency, worst: Urgency) -> Iterable[Flip]:
    if facts.possible == INFORMATION:
        return
    for fact, label in QUESTIONS.items():
        told = getattr(facts, fact)
        for value in (True, False):
            if told is value:
                continue
            known, exposed, possible = _code(facts.known_exploited), _code(facts.exposed), facts.possible
            if fact == "known_exploited":
                known = int(value)
            elif fact == "exposed":
                exposed = int(value)
            else:
                possible = _with(possible, fact, value)
            new, new_worst = interval_of(known, exposed, possible)
            if (new, new_worst) != (best, worst):
                yield Flip(fact, label, value, new, new_worst, told is None and new == new_worst)


def _with(possible: int, fact: str, value: bool) -> int:
    """The possible answers once one of the two questions is answered, also against what was taken for settled."""
    wanted = AUTOMATABLE if fact == "automatable" else TOTAL
    keep = wanted if value else ALL & ~wanted
    if possible & keep:
        return possible & keep
    shift = 2 if fact == "automatable" else 1
    return (possible << shift if value else possible >> shift) & ALL


def _reasons(facts: Facts, flips: list[Flip]) -> Iterable[Reason]:
    if facts.possible == INFORMATION:
        told = "The scanner reports it without rating it a weakness: no deadline."
        yield Reason("severity", "For information only", True, told)
        return
    for fact, label in QUESTIONS.items():
        told = getattr(facts, fact)
        if told is not None:
            yield Reason(fact, label, told, "Counts in the table as yes." if told else "Counts in the table as no.")
            continue
        of_fact = [f for f in flips if f.fact == fact]
        words = "; ".join(f"{'yes' if f.value else 'no'} would make it {f.text}" for f in of_fact)
        yield Reason(fact, label, None, f"Unknown: {words}." if words else "Unknown, and it would change nothing.")


def _order(facts: Facts) -> Iterable[Reason]:
    priced = facts.price is not None
    yield Reason(
        "price", "Price of the finding, money a year", facts.price,
        "Orders findings inside the class." if priced else "Not priced: it comes after those of its class that are.",
    )  # fmt: skip
    known = "Is in the price." if priced else "Orders findings without a price inside the class."
    for fact, label, value, does in (
        ("epss", "Probability of exploitation within 30 days (EPSS)", facts.epss, known),
        ("goal_weight", "Share of goal weight that it carries", facts.goal_weight,
         "Shown only: the price orders." if priced else known),
    ):  # fmt: skip
        yield Reason(fact, label, value, does if value is not None else "Unknown: adds nothing to the order.")
    yield Reason(
        "score", "CVSS base score", facts.score,
        "Orders what is otherwise equal." if facts.score is not None else "Unknown: adds nothing to the order.",
    )  # fmt: skip


def _answer(possible: int, bits: int) -> bool | None:
    if possible == INFORMATION:
        return None
    yes, no = possible & bits, possible & ~bits & ALL
    return None if yes and no else bool(yes)


def _code(answer: bool | None) -> int:
    return -1 if answer is None else int(answer)
