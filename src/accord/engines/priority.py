"""What to fix first: a class with a deadline for each finding, and an order inside the class.

**Class.** The table is that of CISA's Binding Operational Directive 26-04 (10 June 2026), in the form that
CERT/CC publishes for SSVC (`cisa_bod_26_04` 1.0.0): four questions with yes or no,

    known exploited?  is the system publicly exposed?  can exploitation be automated?  is its impact total?

and five answers: 3 days with forensic triage, 3 days, 14 days, 60 days, with the next upgrade. One row is our
own: what a scanner reports for information only (severity "info", an open port) has no deadline.

The last two questions are answered from the CVSS base vector as far as it settles them (`possibilities`):

* impact: the mapping that SSVC publishes for CVSS 4.0 (`cvssv4_to_technical_impact` 1.0.0), applied to
  version 3 by the same metrics. Against CISA's own answers for 30,113 CVEs of 2024 it agrees for 93 %.
* automatable: a vector that needs local access, privileges, a user's help or special conditions says no (right
  for 98.9 % of 23,645 of those CVEs). A vector without these hurdles leaves the question open (CISA says yes for
  87 % of 6,468).
* without a vector, the severity leaves those pairs of answers open that a CVSS 3.1 vector of that band can have.

**Unknown stays unknown.** A question without an answer is both: the result is an interval, from the best to the
worst class over all answers that are possible, and `Verdict.flips` names the facts that would settle it. Work is
ordered by the worst class.

**Order.** Worst class, then best class (what is certain before what may turn out milder), then the price of the
finding (money a year, `engines.hazard`). A finding without a price comes after those with one, ordered by the share of
goal weight that it carries × the probability of exploitation within 30 days (EPSS; 1 where exploitation is known).
Last the severity score. A share or a probability that is unknown adds nothing to the order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import product
from math import log10
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # the classes and words are needed where no array is: NumPy is loaded when one comes
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

VERSION = "CISA BOD 26-04 (SSVC cisa_bod_26_04 1.0.0)"


class Urgency(IntEnum):
    """The classes, the most urgent first."""

    TRIAGE = 0
    DAYS_3 = 1
    DAYS_14 = 2
    DAYS_60 = 3
    UPGRADE = 4
    NONE = 5


LABELS: dict[Urgency, str] = {
    Urgency.TRIAGE: "3 days and forensic triage",
    Urgency.DAYS_3: "3 days",
    Urgency.DAYS_14: "14 days",
    Urgency.DAYS_60: "60 days",
    Urgency.UPGRADE: "next upgrade",
    Urgency.NONE: "no deadline",
}
CODES: dict[Urgency, str] = {
    Urgency.TRIAGE: "triage", Urgency.DAYS_3: "3d", Urgency.DAYS_14: "14d", Urgency.DAYS_60: "60d",
    Urgency.UPGRADE: "upgrade", Urgency.NONE: "none",
}  # fmt: skip
DAYS: dict[Urgency, int | None] = {
    Urgency.TRIAGE: 3, Urgency.DAYS_3: 3, Urgency.DAYS_14: 14, Urgency.DAYS_60: 60,
    Urgency.UPGRADE: None, Urgency.NONE: None,
}  # fmt: skip

_T, _3, _14, _60, _U = Urgency.TRIAGE, Urgency.DAYS_3, Urgency.DAYS_14, Urgency.DAYS_60, Urgency.UPGRADE
TABLE: dict[tuple[bool, bool, bool, bool], Urgency] = {
    (False, False, False, False): _U,
    (True, False, False, False): _14,
    (False, True, False, False): _60,
    (False, False, True, False): _60,
    (False, False, False, True): _U,
    (True, True, False, False): _14,
    (True, False, True, False): _14,
    (False, True, True, False): _14,
    (True, False, False, True): _14,
    (False, True, False, True): _14,
    (False, False, True, True): _60,
    (True, True, True, False): _3,
    (True, True, False, True): _T,
    (True, False, True, True): _T,
    (False, True, True, True): _3,
    (True, True, True, True): _T,
}
"""(known exploited, publicly exposed, automatable, total impact) → class."""

# Possible answers to the last two questions, as a set of bits: bit 2·automatable + total.
INFORMATION = 0
ALL = 0b1111
_PARTIAL = 0b0101
_TOTAL = 0b1010
_NOT_AUTOMATABLE = 0b0011
_AUTOMATABLE = 0b1100
_OF_SEVERITY = {"info": INFORMATION, "low": 0b0001, "medium": 0b0111, "high": ALL, "critical": ALL}

Answer = Literal[-1, 0, 1]
"""1 yes, 0 no, -1 unknown."""


def possibilities(vectors: Iterable[str] = (), severity: str | None = None) -> int:
    """Which answers to "automatable" and "total impact" are possible, as bits (0 = for information only).

    `vectors` are CVSS base vectors (2, 3.x, 4.0), the newest version first; the first that can be read counts.
    `severity` is used where there is none: "critical", "high", "medium", "low", "info" or None (unknown).
    """
    if severity == "info":
        return INFORMATION
    for vector in vectors:
        metrics = dict(part.split(":", 1) for part in vector.strip("()").upper().split("/") if ":" in part)
        found = _from_metrics(metrics)
        if found is not None:
            return found
    return _OF_SEVERITY.get(severity or "", ALL)


def _from_metrics(metrics: dict[str, str]) -> int | None:
    if "AU" in metrics and "PR" not in metrics:  # version 2
        complete = metrics.get("C") == "C" and metrics.get("I") == "C"
        free = metrics.get("AV") == "N" and metrics.get("AC") in ("L", "M") and metrics["AU"] == "N"
    elif "PR" in metrics and "AV" in metrics:
        secrecy, integrity = metrics.get("VC", metrics.get("C")), metrics.get("VI", metrics.get("I"))
        if secrecy is None or integrity is None:
            return None
        complete = (secrecy, integrity) == ("H", "H") or (metrics["PR"], secrecy, integrity) in {
            ("N", "H", "L"), ("N", "L", "H"), ("L", "L", "H"),
        }  # fmt: skip
        told = metrics.get("AU")  # version 4.0 may say it: Automatable
        if told in ("Y", "N"):
            return (_TOTAL if complete else _PARTIAL) & (_AUTOMATABLE if told == "Y" else _NOT_AUTOMATABLE)
        free = (metrics["AV"], metrics.get("AC"), metrics["PR"], metrics.get("UI")) == ("N", "L", "N", "N")
        free = free and metrics.get("AT", "N") == "N"
    else:
        return None
    return (_TOTAL if complete else _PARTIAL) & (ALL if free else _NOT_AUTOMATABLE)


def _interval(known: int, exposed: int, possible: int) -> tuple[Urgency, Urgency]:
    """Mildest and most urgent class over all answers that are possible (1 yes, 0 no, -1 unknown; bits)."""
    found = [
        TABLE[bool(k), bool(e), bool(bit >> 1), bool(bit & 1)]
        for k in ((0, 1) if known < 0 else (known,))
        for e in ((0, 1) if exposed < 0 else (exposed,))
        for bit in range(4)
        if possible >> bit & 1
    ]
    return (max(found), min(found)) if found else (Urgency.NONE, Urgency.NONE)


@cache
def _classes() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mildest and most urgent class for each (known exploited + 1, exposed + 1, possible answers)."""
    import numpy as np

    best = np.full((3, 3, 16), Urgency.NONE, dtype=np.uint8)
    worst = best.copy()
    for known, exposed, possible in product((-1, 0, 1), (-1, 0, 1), range(16)):
        at = (known + 1, exposed + 1, possible)
        best[at], worst[at] = _interval(known, exposed, possible)
    return best, worst


_STAKES = 10_000
_LEVELS = 2 * _STAKES
"""Places inside a class: the upper half for priced findings, the lower half for the others."""
_CHEAPEST, _DEAREST = 1e-2, 1e10
"""Prices beyond these (money a year) are ordered as these."""
_SCORES = 101


@dataclass(frozen=True, slots=True)
class Assessment:
    """For each finding: the mildest and the most urgent class that is possible, and its place (lower = sooner)."""

    best: NDArray[np.uint8]
    worst: NDArray[np.uint8]
    rank: NDArray[np.int32]


def assess(
    known_exploited: ArrayLike,
    exposed: ArrayLike,
    possible: ArrayLike,
    epss: ArrayLike,
    goal_weight: ArrayLike,
    score: ArrayLike,
    price: ArrayLike | None = None,
) -> Assessment:
    """Class and place of many findings at once.

    `known_exploited`, `exposed`: 1 yes, 0 no, -1 unknown. `possible`: bits of `possibilities`. `epss` (0–1),
    `goal_weight` (0–1), `score` (CVSS, 0–10) and `price` (money a year, ≥ 0) are NaN where unknown. ValueError where
    one is out of its range.
    """
    import numpy as np

    known = np.asarray(known_exploited, dtype=np.int8)
    open_ = np.asarray(exposed, dtype=np.int8)
    bits = np.asarray(possible, dtype=np.uint8)
    chance, weight = _share(epss, "epss"), _share(goal_weight, "goal_weight")
    points = np.asarray(score, dtype=np.float64)
    if np.any(points < 0) or np.any(points > 10):
        raise ValueError("score must be from 0 to 10")
    cost = np.full(points.shape, np.nan) if price is None else np.asarray(price, dtype=np.float64)
    if np.any(cost < 0):
        raise ValueError("a price must not be negative")
    if np.any(np.abs(known) > 1) or np.any(np.abs(open_) > 1) or np.any(bits > ALL):
        raise ValueError("answers are -1, 0 or 1; possible answers are four bits")
    mildest, gravest = _classes()
    best, worst = mildest[known + 1, open_ + 1, bits], gravest[known + 1, open_ + 1, bits]
    stake = np.nan_to_num(weight) * np.where(known == 1, 1.0, np.nan_to_num(chance))
    depth = 1 + np.log10(np.maximum(stake, 1e-8)) / 8  # 0 … 1 over eight decades
    priced = np.log10(np.clip(np.nan_to_num(cost), _CHEAPEST, _DEAREST) / _CHEAPEST) / log10(_DEAREST / _CHEAPEST)
    levels = np.where(np.isnan(cost), 0, _STAKES) + np.rint((_STAKES - 1) * np.where(np.isnan(cost), depth, priced))
    tenths = np.rint(np.nan_to_num(points) * 10).astype(np.int32)
    rank = (worst.astype(np.int32) * len(Urgency) + best) * _LEVELS + (_LEVELS - 1 - levels.astype(np.int32))
    return Assessment(best, worst, (rank * _SCORES + (_SCORES - 1 - tenths)).astype(np.int32))


def first_rank(worst: int) -> int:
    """The lowest rank that a finding of this worst class can have: class c holds first_rank(c) … first_rank(c+1)−1."""
    return worst * len(Urgency) * _LEVELS * _SCORES


def repriced(rank: int, price: float | None, stake: float) -> int:
    """The place once the price is another one. `stake`: goal weight × probability, what orders without a price."""
    rest, score = divmod(rank, _SCORES)
    return (rest - rest % _LEVELS + _LEVELS - 1 - _level(price, stake)) * _SCORES + score


def _level(price: float | None, stake: float) -> int:
    """The place inside a class, higher = sooner."""
    if price is None:
        return round((_STAKES - 1) * (1 + log10(max(stake, 1e-8)) / 8))
    part = log10(min(max(price, _CHEAPEST), _DEAREST) / _CHEAPEST) / log10(_DEAREST / _CHEAPEST)
    return _STAKES + round((_STAKES - 1) * part)


def _share(values: ArrayLike, name: str) -> NDArray[np.float64]:
    import numpy as np

    found = np.asarray(values, dtype=np.float64)
    if np.any(found < 0) or np.any(found > 1 + 1e-9):
        raise ValueError(f"{name} must be a share from 0 to 1")
    return found


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
        return _answer(self.possible, _AUTOMATABLE)

    @property
    def total_impact(self) -> bool | None:
        return _answer(self.possible, _TOTAL)


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
    best, worst = _interval(_code(facts.known_exploited), _code(facts.exposed), facts.possible)
    flips = list(_flips(facts, best, worst))
    return Verdict(best, worst, _rank(facts, best, worst), [*_reasons(facts, flips), *_order(facts)], flips)


def _rank(facts: Facts, best: Urgency, worst: Urgency) -> int:
    """The place of one finding, as `assess` gives it to many."""
    chance = 1.0 if facts.known_exploited else facts.epss or 0.0
    level, tenths = _level(facts.price, (facts.goal_weight or 0.0) * chance), round((facts.score or 0.0) * 10)
    return ((worst * len(Urgency) + best) * _LEVELS + _LEVELS - 1 - level) * _SCORES + _SCORES - 1 - tenths


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
            new, new_worst = _interval(known, exposed, possible)
            if (new, new_worst) != (best, worst):
                yield Flip(fact, label, value, new, new_worst, told is None and new == new_worst)


def _with(possible: int, fact: str, value: bool) -> int:
    """The possible answers once one of the two questions is answered, also against what was taken for settled."""
    wanted = _AUTOMATABLE if fact == "automatable" else _TOTAL
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
