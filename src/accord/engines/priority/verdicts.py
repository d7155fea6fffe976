"""The verdict on one finding in words: its reasons, and what would change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import nan
from typing import Any

from accord.engines.priority.classes import ALL, AUTOMATABLE, INFORMATION, TOTAL, Urgency, answered
from accord.engines.priority.places import LEVELS, PUBLISHED, SCORES, level
from accord.engines.priority.policies import (
    BOD,
    CVSS,
    EXPLOITATION,
    IMPACTS,
    SHIFT,
    SSVC,
    Policy,
    band_of,
    base_of,
    exploitations,
    impact_of,
    lifted,
)

Value = bool | float | str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one finding. None = unknown. `possible` as of `possibilities` and `with_points`."""

    known_exploited: bool | None
    exposed: bool | None
    possible: int
    epss: float | None = None
    goal_weight: float | None = None
    score: float | None = None
    price: float | None = None

    @property
    def is_information(self) -> bool:
        return self.possible & ALL == INFORMATION

    @property
    def automatable(self) -> bool | None:
        return _answer(self.possible, AUTOMATABLE)

    @property
    def total_impact(self) -> bool | None:
        return _answer(self.possible, TOTAL)

    @property
    def exploitation(self) -> str | None:
        """none, poc or active; None while more than one is possible."""
        found = exploitations(_code(self.known_exploited), self.possible)
        return next(iter(found)) if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that the verdict rests on, with its value (None = unknown) and what it does to the verdict."""

    fact: str
    label: str
    value: Value | None
    effect: str

    @property
    def known(self) -> bool:
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Flip:
    """What the class would be if the fact were `value`, the others staying as they are. `told` is it in words."""

    fact: str
    label: str
    value: Value
    best: Urgency
    worst: Urgency
    settles: bool
    told: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of one finding with its reasons. `flips` are answers that would change it."""

    best: Urgency
    worst: Urgency
    rank: int
    reasons: list[Reason]
    flips: list[Flip]
    policy: Policy = PUBLISHED

    @property
    def is_settled(self) -> bool:
        return self.best == self.worst

    @property
    def text(self) -> str:
        return self.policy.span(self.best, self.worst)


QUESTIONS = {
    "known_exploited": "Known exploited",
    "exploitation": "Exploitation",
    "exposed": "Publicly exposed",
    "automatable": "Exploitation can be automated",
    "total_impact": "Gives total control",
    "goal_weight": "Share of goal weight that it carries",
    "price": "Price of the finding, money a year",
    "score": "CVSS base score",
}
ASKED = {
    BOD: ("known_exploited", "exposed", "automatable", "total_impact"),
    SSVC: ("known_exploited", "exploitation", "exposed", "automatable", "goal_weight"),
    CVSS: ("score",),
}


def span(best: int, worst: int, policy: Policy = PUBLISHED) -> str:
    """An interval of classes in words: "14 days", or "3 days to next upgrade"."""
    return policy.span(best, worst)


def classes(facts: Facts, policy: Policy = PUBLISHED) -> tuple[Urgency, Urgency]:
    """Mildest and most urgent class of one finding. The same table as `assess`."""
    if facts.is_information:
        return Urgency.NONE, Urgency.NONE
    weight = nan if facts.goal_weight is None else facts.goal_weight
    if policy.kind == CVSS:
        best, worst = int(Urgency.UPGRADE), int(Urgency.DAYS_3)
        if facts.score is not None:
            best = worst = band_of(policy, facts.score)
    else:
        best, worst = base_of(
            policy, _code(facts.known_exploited), _code(facts.exposed), facts.possible, impact_of(policy, weight)
        )
    best, worst = lifted(policy, best, worst, weight, nan if facts.price is None else facts.price)
    return Urgency(best), Urgency(worst)


def explain(facts: Facts, policy: Policy = PUBLISHED) -> Verdict:
    """The verdict on one finding by a policy, with its reasons and what would change it."""
    best, worst = classes(facts, policy)
    flips = list(_flips(facts, policy, best, worst))
    reasons = [*_reasons(facts, policy, flips), *_order(facts, policy)]
    return Verdict(best, worst, _rank(facts, best, worst), reasons, flips, policy)


def _rank(facts: Facts, best: Urgency, worst: Urgency) -> int:
    """The place of one finding, as `assess` gives it to many."""
    chance = 1.0 if facts.known_exploited else facts.epss or 0.0
    place, tenths = level(facts.price, (facts.goal_weight or 0.0) * chance), round((facts.score or 0.0) * 10)
    return ((worst * len(Urgency) + best) * LEVELS + LEVELS - 1 - place) * SCORES + SCORES - 1 - tenths


def asked(policy: Policy) -> list[str]:
    """The facts that give the class by a policy, in the order of its table."""
    found = list(ASKED[policy.kind])
    if policy.lift_share is not None and "goal_weight" not in found:
        found.append("goal_weight")
    if policy.lift_loss is not None:
        found.append("price")
    return found


def _flips(facts: Facts, policy: Policy, best: Urgency, worst: Urgency) -> Iterator[Flip]:
    if facts.is_information:
        return
    for fact in asked(policy):
        known = getattr(facts, fact)
        seen = set()
        for value, told, other in _others(facts, fact, policy):
            if value == known and type(value) is type(known):
                continue
            new, new_worst = classes(other, policy)
            if (new, new_worst) == (best, worst) or (fact in ("goal_weight", "price", "score") and new_worst in seen):
                continue
            seen.add(new_worst)
            settles = known is None and new == new_worst
            yield Flip(fact, QUESTIONS[fact], value, new, new_worst, settles, told, policy.span(new, new_worst))


def _others(facts: Facts, fact: str, policy: Policy) -> Iterator[tuple[Value, str, Facts]]:
    """The facts with another answer to one question: the answer, in words, and what is then known."""
    if fact in ("known_exploited", "exposed"):
        for value in (True, False):
            yield value, "yes" if value else "no", replace(facts, **{fact: value})
    elif fact in ("automatable", "total_impact"):
        wanted, shift = (AUTOMATABLE, 2) if fact == "automatable" else (TOTAL, 1)
        for value in (True, False):
            bits = answered(facts.possible & ALL, wanted, shift, value) | facts.possible & ~ALL
            yield value, "yes" if value else "no", replace(facts, possible=bits)
    elif fact == "exploitation":
        if facts.known_exploited is not True:
            for at, name in enumerate(EXPLOITATION):
                yield name, WORDS[name], replace(facts, possible=facts.possible & ALL | 1 << (SHIFT + at))
    elif fact == "goal_weight":
        bounds = {bound for bound in (policy.lift_share,) if bound is not None}
        bounds |= set(policy.goal_bounds) if policy.kind == SSVC else set()
        yield from _sides(facts, fact, sorted(bounds), lambda bound: f"{bound:.2%}".replace(".00%", "%"))
    elif fact == "price" and policy.lift_loss is not None:
        yield from _sides(facts, fact, [policy.lift_loss], lambda bound: f"{bound:,.0f}")
    elif fact == "score":
        yield from _sides(facts, fact, sorted(policy.bands), lambda bound: f"{bound:g}")


def _sides(
    facts: Facts, fact: str, bounds: list[float], write: Callable[[float], str]
) -> Iterator[tuple[float, str, Facts]]:
    """The stretch below the first bound, and from each bound on; not the one in which the value lies already."""
    value = getattr(facts, fact)
    held = None if value is None else sum(value >= bound for bound in bounds)
    for at, start in enumerate([0.0, *bounds]):
        if at != held:
            told = f"below {write(bounds[0])}" if at == 0 else f"{write(start)} or more"
            changed: dict[str, Any] = {fact: start}
            yield start, told, replace(facts, **changed)


def _reasons(facts: Facts, policy: Policy, flips: list[Flip]) -> Iterable[Reason]:
    if facts.is_information:
        told = "The scanner reports it without rating it a weakness: no deadline."
        yield Reason("severity", "For information only", True, told)
        return
    for fact in asked(policy):
        value = getattr(facts, fact)
        if value is not None:
            yield Reason(fact, QUESTIONS[fact], value, _counts(facts, fact, value, policy))
            continue
        of_fact = [f for f in flips if f.fact == fact]
        words = "; ".join(f"{f.told} would make it {f.text}" for f in of_fact)
        yield Reason(
            fact, QUESTIONS[fact], None, f"Unknown: {words}." if words else "Unknown, and it would change nothing."
        )


def _counts(facts: Facts, fact: str, value: Value, policy: Policy) -> str:
    if isinstance(value, bool):
        if policy.kind == SSVC and fact == "exposed":
            return f"Counts in the tree as {'open' if value else 'controlled'}."
        if policy.kind == SSVC and fact == "known_exploited":
            return "Counts in the tree as active." if value else "Leaves it to what CISA saw of exploitation."
        return "Counts in the table as yes." if value else "Counts in the table as no."
    said = []
    if fact == "exploitation":
        said.append(f"Counts in the tree as {value}.")
    if fact == "goal_weight" and policy.kind == SSVC:
        said.append(f"Counts in the tree as {IMPACTS[impact_of(policy, float(value))]} human impact.")
    if fact == "score":
        said.append(f"Lies in the band of {policy.label(band_of(policy, float(value)))}.")
    bound = {"goal_weight": policy.lift_share, "price": policy.lift_loss}.get(fact)
    if bound is not None:
        reached = float(value) >= bound
        shown = f"{bound:.2%}" if fact == "goal_weight" else f"{bound:,.0f} a year"
        said.append(f"Reaches {shown}: lifts it by one class." if reached else f"Below {shown}: no lift.")
    return " ".join(said)


def _order(facts: Facts, policy: Policy) -> Iterable[Reason]:
    classed = asked(policy)
    priced = facts.price is not None
    known = "Is in the price." if priced else "Orders findings without a price inside the class."
    rows: list[tuple[str, str, float | None, str, str]] = [
        ("price", QUESTIONS["price"], facts.price, "Orders findings inside the class.",
         "Not priced: it comes after those of its class that are."),
        ("epss", "Probability of exploitation within 30 days (EPSS)", facts.epss, known, UNKNOWN),
        ("goal_weight", QUESTIONS["goal_weight"], facts.goal_weight,
         "Shown only: the price orders." if priced else known, UNKNOWN),
        ("score", QUESTIONS["score"], facts.score, "Orders what is otherwise equal.", UNKNOWN),
    ]  # fmt: skip
    for fact, label, value, does, otherwise in rows:
        if fact not in classed:
            yield Reason(fact, label, value, does if value is not None else otherwise)


UNKNOWN = "Unknown: adds nothing to the order."
WORDS = {"none": "none known", "poc": "a public proof of concept", "active": "active"}


def _answer(possible: int, bits: int) -> bool | None:
    if possible & ALL == INFORMATION:
        return None
    yes, no = possible & bits, possible & ~bits & ALL
    return None if yes and no else bool(yes)


def _code(answer: bool | None) -> int:
    return -1 if answer is None else int(answer)
