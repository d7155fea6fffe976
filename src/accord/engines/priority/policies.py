"""Policies: which table gives a finding its class, what each class is called, and how many days it has.

Three tables:

* `bod_26_04`: CISA's Binding Operational Directive 26-04 (see the package's docstring).
* `ssvc_deployer`: the tree of CERT/CC for those who deploy patches, `deployer_patch_application_priority` 1.0.0:
  exploitation × exposure × automatable × human impact → defer, scheduled, out-of-cycle, immediate. Accord takes the
  human impact from the share of goal weight that hangs on the finding, by the bounds that the policy states (they hold
  what the signers think of mission and safety). A system that is not on the internet counts as "controlled", the graver
  of the two answers that remain. SSVC names no days; those here are the company's own.
* `cvss`: bands of the CVSS base score, as many companies still do it. It asks neither whether a weakness is exploited
  nor what hangs on it, and is there to be compared with.

A **lift** moves a finding up by one class where its share of goal weight or its price reaches a bound; never into the
class with forensic triage, which is a statement about an attacker. An unknown share or price may reach the bound: the
interval of classes then holds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from math import isfinite, isnan
from typing import TYPE_CHECKING, Any

from accord.engines.priority.classes import ALL, CODES, DAYS, LABELS, TABLE, VERSION, Urgency

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BOD, SSVC, CVSS = "bod_26_04", "ssvc_deployer", "cvss"
KINDS = {
    BOD: VERSION,
    SSVC: "SSVC deployer tree (CERT/CC deployer_patch_application_priority 1.0.0)",
    CVSS: "CVSS base score in bands",
}
EXPLOITATION = ("none", "poc", "active")
EXPOSURES = ("small", "controlled", "open")
IMPACTS = ("low", "medium", "high", "very high")
NO_POINT = 0
"""No bit of the three exploitation bits: nothing is said, each is possible."""
SHIFT = 4
MOST_DAYS = 3650
MOST_BITS = 0b1111111
_LEVELS = {"d": Urgency.UPGRADE, "s": Urgency.DAYS_60, "o": Urgency.DAYS_14, "i": Urgency.DAYS_3}
_TREE = {  # not automatable, then automatable; the four levels of human impact from low to very high
    ("none", "small"): "ddssdsss", ("none", "controlled"): "dsssssss", ("none", "open"): "dssssss" + "o",
    ("poc", "small"): "dsssssss", ("poc", "controlled"): "dssssss" + "o", ("poc", "open"): "sssossoo",
    ("active", "small"): "ssoosooo", ("active", "controlled"): "ssoooooo", ("active", "open"): "sooiooii",
}  # fmt: skip
DEPLOYER: dict[tuple[str, str, bool, str], Urgency] = {
    (exploitation, exposure, bool(at // 4), IMPACTS[at % 4]): _LEVELS[letter]
    for (exploitation, exposure), letters in _TREE.items()
    for at, letter in enumerate(letters)
}
"""(exploitation, exposure, automatable, human impact) → class."""
SSVC_LABELS = {
    Urgency.TRIAGE: "immediate and forensic triage", Urgency.DAYS_3: "immediate", Urgency.DAYS_14: "out of cycle",
    Urgency.DAYS_60: "scheduled", Urgency.UPGRADE: "defer", Urgency.NONE: "no deadline",
}  # fmt: skip
CVSS_LABELS = {
    Urgency.TRIAGE: "critical and forensic triage", Urgency.DAYS_3: "critical", Urgency.DAYS_14: "high",
    Urgency.DAYS_60: "medium", Urgency.UPGRADE: "low", Urgency.NONE: "no deadline",
}  # fmt: skip
CVSS_BANDS = (9.0, 7.0, 4.0)
"""CVSS 3.1 and 4.0: critical from 9.0, high from 7.0, medium from 4.0."""
GOAL_BOUNDS = (0.05, 0.2, 0.5)
"""Shares of goal weight from which human impact is medium, high, very high, where the signers set no others."""


class BadPolicy(ValueError):
    """A policy that cannot be ranked with: `field`, the reason and the remedy."""

    def __init__(self, field: str, reason: str, remedy: str) -> None:
        super().__init__(f"{field}: {reason} {remedy}")
        self.field, self.reason, self.remedy = field, reason, remedy


@dataclass(frozen=True, slots=True)
class Slot:
    """One class of a policy: days None = no deadline; `triage` asks to look for traces of an attacker."""

    label: str
    days: int | None
    triage: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """A table with its classes. `slots` are six, the most urgent first (`Urgency`).

    `lift_share` (0–1) and `lift_loss` (money a year) are the bounds of the lift, None = no such lift. `goal_bounds` are
    used by the SSVC tree, `bands` by CVSS: lower ends of the first three classes after the one with triage.
    """

    kind: str = BOD
    slots: tuple[Slot, ...] = tuple(Slot(LABELS[u], DAYS[u], u is Urgency.TRIAGE) for u in Urgency)
    lift_share: float | None = None
    lift_loss: float | None = None
    goal_bounds: tuple[float, float, float] = GOAL_BOUNDS
    bands: tuple[float, float, float] = CVSS_BANDS

    @property
    def version(self) -> str:
        return KINDS[self.kind]

    @property
    def has_lift(self) -> bool:
        return self.lift_share is not None or self.lift_loss is not None

    def label(self, slot: int) -> str:
        return self.slots[slot].label

    def days(self, slot: int) -> int | None:
        return self.slots[slot].days

    def code(self, slot: int) -> str:
        return CODES[Urgency(slot)]

    def triage(self, slot: int) -> bool:
        return self.slots[slot].triage

    def span(self, best: int, worst: int) -> str:
        """An interval of classes in words."""
        return self.label(worst) if best == worst else f"{self.label(worst)} to {self.label(best)}"

    def as_data(self) -> dict[str, Any]:
        """Plain data, the inverse of `policy_from`."""
        return {
            "kind": self.kind,
            "slots": [{"label": s.label, "days": s.days, "triage": s.triage} for s in self.slots],
            "lift_share": self.lift_share, "lift_loss": self.lift_loss,
            "goal_bounds": list(self.goal_bounds), "bands": list(self.bands),
        }  # fmt: skip


def default_policy(kind: str = BOD) -> Policy:
    """The published table of a kind with its classes; BadPolicy for an unknown kind."""
    if kind == BOD:
        return Policy()
    if kind not in KINDS:
        raise BadPolicy("kind", f"“{kind}” is no kind of policy.", f"Use one of {', '.join(KINDS)}.")
    labels = SSVC_LABELS if kind == SSVC else CVSS_LABELS
    return Policy(kind, tuple(Slot(labels[u], DAYS[u], u is Urgency.TRIAGE) for u in Urgency))


def policy_from(data: Mapping[str, Any]) -> Policy:
    """A policy from plain data; BadPolicy says which field is wrong."""
    kind = str(data.get("kind", BOD))
    start = default_policy(kind)
    slots = tuple(_slot(number, row) for number, row in enumerate(data.get("slots") or start.as_data()["slots"]))
    if len(slots) != len(Urgency):
        raise BadPolicy("slots", f"{len(slots)} classes.", f"Give {len(Urgency)}, the most urgent first.")
    _rising([slot.days for slot in slots])
    share, loss = data.get("lift_share"), data.get("lift_loss")
    if share is not None and not 0 < float(share) <= 1:
        raise BadPolicy("lift_share", f"{share} is no share.", "Give a share above 0 up to 1, or nothing.")
    if loss is not None and not (float(loss) > 0 and isfinite(float(loss))):
        raise BadPolicy("lift_loss", f"{loss} is no amount.", "Give an amount above 0, or nothing.")
    goals = _three("goal_bounds", data.get("goal_bounds", start.goal_bounds), 1.0)
    if not goals[0] <= goals[1] <= goals[2]:
        raise BadPolicy("goal_bounds", "They do not rise.", "Give medium, high and very high in this order.")
    bands = _three("bands", data.get("bands", start.bands), 10.0)
    if not bands[0] >= bands[1] >= bands[2]:
        raise BadPolicy("bands", "They do not fall.", "Give the lower ends of critical, high and medium in this order.")
    return Policy(
        kind, slots, None if share is None else float(share), None if loss is None else float(loss), goals, bands
    )


def _slot(number: int, row: Mapping[str, Any]) -> Slot:
    label, days = " ".join(str(row.get("label") or "").split())[:60], row.get("days")
    if not label:
        raise BadPolicy(f"label_{number}", "The class has no name.", "Name it.")
    if days is not None and not (isinstance(days, int) and 1 <= days <= MOST_DAYS):
        raise BadPolicy(f"days_{number}", f"{days} are no days.", f"Give 1 to {MOST_DAYS}, or nothing.")
    if number == Urgency.NONE and days is not None:
        raise BadPolicy(f"days_{number}", "What is for information only has no deadline.", "Leave it empty.")
    return Slot(label, days, bool(row.get("triage", False)))


def _rising(days: list[int | None]) -> None:
    for number, (one, following) in enumerate(pairwise(days), 1):
        if following is not None and (one is None or following < one):
            raise BadPolicy(f"days_{number}", "It has less time than a more urgent class.", "Order the days upward.")


def _three(field: str, values: Iterable[Any], most: float) -> tuple[float, float, float]:
    found = [float(value) for value in values]
    if len(found) != 3 or not all(0 < value <= most for value in found):
        raise BadPolicy(field, "These are not three bounds.", f"Give three numbers above 0 up to {most:g}.")
    return found[0], found[1], found[2]


def exploitations(known: int, bits: int) -> set[str]:
    """The answers to "exploitation" that are possible: KEV (1 yes, 0 no, -1 unknown), and bits 4–6 of `possible`."""
    if known == 1:
        return {"active"}
    told = bits >> SHIFT
    if told == NO_POINT:
        return set(EXPLOITATION) if known < 0 else {"none", "poc"}
    found = {name for at, name in enumerate(EXPLOITATION) if told >> at & 1}
    return found | {"active"} if known < 0 else found


def base_of(policy: Policy, known: int, exposed: int, bits: int, impact: int) -> tuple[int, int]:
    """Mildest and most urgent class by the policy's table, before any lift; `impact` -1 = unknown. Not for `cvss`."""
    pairs = [(bool(bit >> 1), bool(bit & 1)) for bit in range(4) if bits >> bit & 1]
    if not pairs:
        return Urgency.NONE, Urgency.NONE
    open_to = (False, True) if exposed < 0 else (bool(exposed),)
    if policy.kind == BOD:
        kevs = (False, True) if known < 0 else (bool(known),)
        found = {TABLE[k, e, a, t] for k in kevs for e in open_to for a, t in pairs}
    else:
        levels = IMPACTS if impact < 0 else (IMPACTS[impact],)
        where = ["open" if e else "controlled" for e in open_to]
        found = {
            DEPLOYER[x, w, a, level]
            for x, w, (a, _), level in product(exploitations(known, bits), where, pairs, levels)
        }
    return max(found), min(found)


def band_of(policy: Policy, score: float) -> int:
    """The class of a score by the policy's bands."""
    at = next((number for number, end in enumerate(policy.bands) if score >= end), len(policy.bands))
    return int(Urgency.DAYS_3) + at


def impact_of(policy: Policy, weight: float) -> int:
    """The level of human impact of a share of goal weight; -1 = unknown (NaN)."""
    return -1 if isnan(weight) else sum(weight >= bound for bound in policy.goal_bounds)


def lifted(policy: Policy, best: int, worst: int, weight: float, price: float) -> tuple[int, int]:
    """The interval after the lift. NaN = unknown: it may reach the bound, and may not."""
    if not policy.has_lift:
        return best, worst
    reached = [
        None if isnan(value) else value >= bound
        for bound, value in ((policy.lift_share, weight), (policy.lift_loss, price)) if bound is not None
    ]  # fmt: skip
    if not any(answer is not False for answer in reached):
        return best, worst
    return (_up(best) if True in reached else best), _up(worst)


def _up(slot: int) -> int:
    return slot if slot in (Urgency.NONE, Urgency.TRIAGE) else max(slot - 1, int(Urgency.DAYS_3))


@lru_cache(maxsize=16)
def _tables(policy: Policy) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Best and worst class by (known + 1, exposed + 1, bits, impact + 1)."""
    import numpy as np

    best = np.full((3, 3, MOST_BITS + 1, len(IMPACTS) + 1), Urgency.NONE, dtype=np.uint8)
    worst = best.copy()
    levels = range(-1, len(IMPACTS)) if policy.kind == SSVC else (-1,)
    for known, exposed, bits, level in product((-1, 0, 1), (-1, 0, 1), range(MOST_BITS + 1), levels):
        at = (known + 1, exposed + 1, bits, level + 1)
        best[at], worst[at] = base_of(policy, known, exposed, bits, level)
    return best, worst


def classes_of(
    policy: Policy,
    known: NDArray[np.int8],
    exposed: NDArray[np.int8],
    bits: NDArray[np.uint8],
    weight: NDArray[np.float64],
    score: NDArray[np.float64],
    price: NDArray[np.float64],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Mildest and most urgent class of many findings by a policy (the arrays of `assess`, checked)."""
    import numpy as np

    if policy.kind == CVSS:
        bands = np.array([policy.bands[2], policy.bands[1], policy.bands[0]])
        band = (int(Urgency.UPGRADE) - np.searchsorted(bands, score, side="right")).astype(np.uint8)
        best = np.where(np.isnan(score), int(Urgency.UPGRADE), band).astype(np.uint8)
        worst = np.where(np.isnan(score), int(Urgency.DAYS_3), band).astype(np.uint8)
        none = (bits & ALL) == 0
        best[none] = worst[none] = Urgency.NONE
    else:
        mild, grave = _tables(policy)
        level = np.zeros(weight.shape, np.intp)
        if policy.kind == SSVC:
            level = np.where(np.isnan(weight), 0, 1 + np.searchsorted(policy.goal_bounds, weight, side="right"))
        at = (known + 1, exposed + 1, bits, level)
        best, worst = mild[at], grave[at]
    if policy.has_lift:
        best, worst = _lift(policy, best, worst, weight, price)
    return best, worst


def _lift(
    policy: Policy, best: NDArray[np.uint8], worst: NDArray[np.uint8], weight: NDArray[np.float64],
    price: NDArray[np.float64],
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:  # fmt: skip
    import numpy as np

    sure = np.zeros(best.shape, bool)
    may = sure.copy()
    for bound, values in ((policy.lift_share, weight), (policy.lift_loss, price)):
        if bound is not None:
            sure |= values >= bound
            may |= (values >= bound) | np.isnan(values)
    up = np.array([_up(slot) for slot in range(len(Urgency))], np.uint8)
    return np.where(sure, up[best], best), np.where(may, up[worst], worst)
