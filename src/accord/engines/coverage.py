"""Who should have which safeguard, who has it, and what that covers by count and by money. Pure arrays.

    need, window, source = coverage.asked(rules, facts)
    state = coverage.states(len(assets), asset, safeguard, present, day, day_from, by, source)
    table = coverage.matrix(surface, need, state, money)

An asset × safeguard is YES, NO or UNKNOWN: no evidence, or evidence that is too old, is unknown and never counted as
either. NIST SP 800-55r1 (measures with their denominators) is the model of `Table`: a share is always given with what
it is a share of. The rules and their sources: docs/methods-coverage.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    States = NDArray[np.int8]
    Whole = NDArray[np.int64]

SURFACES = ("network", "web", "cloud", "container", "code", "identity", "people", "supplier", "device")
SAFEGUARDS = ("owner", "scanned", "edr", "logs", "backup", "mfa", "supported")
WATCHING = ("scanned", "edr", "logs")
"""The safeguards by which somebody would see that something is wrong with an asset."""
NO, YES, UNKNOWN = 0, 1, -1
ANY = -1
ALWAYS = np.iinfo(np.int64).min
"""As the first day of evidence that counts: evidence of any age does."""

OF_KIND = {
    "host": "network", "repository": "code", "account": "identity", "cloud_resource": "cloud", "image": "container",
    "device": "device", "application": "web",
}  # fmt: skip
OF_SCHEME = {
    "mailbox": "people", "mail": "people", "supplier": "supplier", "vendor": "supplier", "url": "web", "api": "web",
    "repo": "code", "image": "container", "arn": "cloud", "azure": "cloud", "gcp": "cloud", "imei": "device",
    "mdm": "device", "plc": "device",
}  # fmt: skip
"""Schemes of identifiers that say more than the kind does."""
KEPT = frozenset({"cloud", "code", "container", "device"})
"""Surfaces of a kind that no identifier changes."""


def surface_of(kind: str, schemes: Sequence[str] = ()) -> str:
    """The surface of an asset by rule: what its identifiers say, else its kind; "network" for a kind that is new.

    schemes: of its identifiers ("url" of "url:https://…"), in their order.
    """
    by_kind = OF_KIND.get(kind, "network")
    if by_kind in KEPT:
        return by_kind
    return next((OF_SCHEME[scheme] for scheme in schemes if scheme in OF_SCHEME), by_kind)


@dataclass(frozen=True, slots=True)
class Rule:
    """`required`: the safeguard is asked of assets that meet all `conditions`, pairs of (fact, code).

    within: days that evidence counts; None = of any age. source: the one source whose evidence counts; ANY = each.
    """

    safeguard: int
    required: bool
    conditions: tuple[tuple[int, int], ...] = ()
    within: int | None = None
    source: int = ANY


def asked(rules: Sequence[Rule], facts: Sequence[ArrayLike], number: int) -> tuple[Bools, Whole, Whole]:
    """Which safeguards are asked of each asset, for how many days evidence counts and whose; all (number, safeguards).

    facts: per fact the code of each asset, (number,), ANY = not known (no condition on that fact is met). Of the rules
    that fit an asset the one with the most conditions decides; of equally special ones, one that asks wins over one
    that does not, and the shorter time over the longer. No rule = not asked. Days −1 = evidence of any age counts,
    source ANY = that of each source.
    """
    columns = [np.asarray(fact, dtype=np.int64) for fact in facts]
    need = np.zeros((number, len(SAFEGUARDS)), dtype=bool)
    days = np.full((number, len(SAFEGUARDS)), -1, dtype=np.int64)
    source = np.full((number, len(SAFEGUARDS)), ANY, dtype=np.int64)
    decided = np.full((number, len(SAFEGUARDS)), -1, dtype=np.int64)

    def urgency(rule: Rule) -> tuple[bool, float]:
        return rule.required, -(np.inf if rule.within is None else rule.within)

    for rule in sorted(rules, key=lambda rule: (len(rule.conditions), *urgency(rule))):
        fits = np.ones(number, dtype=bool)
        for fact, code in rule.conditions:
            fits &= columns[fact] == code
        at = fits & (decided[:, rule.safeguard] <= len(rule.conditions))
        need[at, rule.safeguard] = rule.required
        days[at, rule.safeguard] = -1 if rule.within is None else rule.within
        source[at, rule.safeguard] = rule.source
        decided[at, rule.safeguard] = len(rule.conditions)
    return need, days, source


def states(
    number: int, asset: ArrayLike, safeguard: ArrayLike, present: ArrayLike, day: ArrayLike, day_from: ArrayLike,
    by: ArrayLike | None = None, source: ArrayLike | None = None,
) -> States:  # fmt: skip
    """YES, NO or UNKNOWN of each asset × safeguard, from evidence; (number, safeguards).

    asset, safeguard, present (0/1), day: (m,) one row of evidence each, days as whole numbers. day_from: (number,
    safeguards) the first day whose evidence counts. by: (m,) whose evidence it is, and source: (number, safeguards)
    whose alone counts, ANY = everybody's; both or neither. The newest evidence that counts decides; where two sources
    of the same day disagree it is UNKNOWN.
    """
    width = len(SAFEGUARDS)
    cell = np.asarray(asset, dtype=np.int64) * width + np.asarray(safeguard, dtype=np.int64)
    has, when = np.asarray(present, dtype=bool), np.asarray(day, dtype=np.int64)
    counts = when >= np.asarray(day_from, dtype=np.int64).ravel()[cell]
    if by is not None and source is not None:
        wanted = np.asarray(source, dtype=np.int64).ravel()[cell]
        counts &= (wanted == ANY) | (wanted == np.asarray(by, dtype=np.int64))
    cell, has, when = cell[counts], has[counts], when[counts]
    newest = np.full(number * width, ALWAYS, dtype=np.int64)
    np.maximum.at(newest, cell, when)
    last = when == newest[cell]
    yes = np.bincount(cell[last & has], minlength=number * width) > 0
    no = np.bincount(cell[last & ~has], minlength=number * width) > 0
    found = np.full(number * width, UNKNOWN, dtype=np.int8)
    found[yes & ~no], found[no & ~yes] = YES, NO
    return found.reshape(number, width)


@dataclass(frozen=True, slots=True)
class Table:
    """Sums over the assets of each surface × safeguard; every array has the shape (surfaces, safeguards).

    asked = yes + no + unknown. money_…: the same in money over assets whose money is known; `unpriced` of the asked
    are in no sum.
    """

    asked: Whole
    yes: Whole
    no: Whole
    unknown: Whole
    money_asked: Floats
    money_yes: Floats
    money_no: Floats
    money_unknown: Floats
    unpriced: Whole


def matrix(surface: ArrayLike, need: Bools, state: States, money: ArrayLike) -> Table:
    """The matrix. surface: (n,) codes of SURFACES; need, state: (n, safeguards); money: (n,), NaN = unknown."""
    at = np.asarray(surface, dtype=np.int64)
    worth = np.asarray(money, dtype=np.float64)
    known = ~np.isnan(worth)
    worth = np.where(known, worth, 0.0)
    shape = (len(SURFACES), len(SAFEGUARDS))
    counts = {name: np.zeros(shape, dtype=np.int64) for name in ("yes", "no", "unknown", "unpriced")}
    sums = {name: np.zeros(shape) for name in ("yes", "no", "unknown")}
    for column in range(shape[1]):
        wanted = need[:, column]
        for name, value in (("yes", YES), ("no", NO), ("unknown", UNKNOWN)):
            rows = wanted & (state[:, column] == value)
            counts[name][:, column] = np.bincount(at[rows], minlength=shape[0])
            sums[name][:, column] = np.bincount(at[rows], worth[rows], shape[0])
        counts["unpriced"][:, column] = np.bincount(at[wanted & ~known], minlength=shape[0])
    return Table(
        counts["yes"] + counts["no"] + counts["unknown"], counts["yes"], counts["no"], counts["unknown"],
        sums["yes"] + sums["no"] + sums["unknown"], sums["yes"], sums["no"], sums["unknown"], counts["unpriced"],
    )  # fmt: skip


def unwatched(state: States) -> Bools:
    """Assets that no tool watches: none of the WATCHING safeguards is YES, whatever the rules ask for; (n,)."""
    columns = [SAFEGUARDS.index(name) for name in WATCHING]
    found: Bools = ~(state[:, columns] == YES).any(axis=1)
    return found
