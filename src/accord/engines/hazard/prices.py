"""From footholds to scenario rates and money, and back: the price of every finding by one adjoint pass.

    h = d + Pᵀ h            footholds a year in each system, d those that begin there
    H_k = Σ_s share_ks h_s  what scenario k sees of them
    rate_k = base_k + scale_k H_k
    loss = Σ_k rate_k · amount_k

Loss is linear in the rates of findings, so its derivative is the same for all of them on one system: with
c_s = Σ_k share_ks scale_k amount_k, the price of a foothold in s is v = c + P v (the adjoint of the chain), on a
place Σ_s holds_as factor_s v_s, and the price of a finding is its rate × the price of its place: money a year. The
prices of all findings, of the base hazard and the base rates sum to the whole expected loss.

**Anchored** (`anchor`): the scenario's stated frequency f is the total today; findings explain the share x of it:
scale_k = x f / H_k, base_k = (1 − x) f. EPSS says how likely a weakness is attacked anywhere in the world, not here;
anchoring takes from it only how much likelier one weakness is than another. An anchor is kept: when findings go, the
rate falls below what was stated; computed anew each time it would never fall.
**Free-standing** (`free_standing`): scale_k is the chance that a foothold becomes an event, base_k stated by itself.

**Intervals** are hulls: at LOW every input is at the end that makes the hazard least, at HIGH most, all at once. Every
figure is a monotone function of every input, so nothing that the inputs' intervals allow lies outside. The anchor of
a finding's LOW divides by the greatest H and that of its HIGH by the least, for the same reason. A hull is no 90 %
interval, and the hulls of parts do not add up to that of the whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from accord.engines.hazard import spread
from accord.engines.hazard.estate import Estate, Scenarios
from accord.engines.hazard.footholds import HIGH, LOW, MID

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ENDS = (LOW, MID, HIGH)


@dataclass(frozen=True, slots=True)
class Footholds:
    """Footholds a year, (3, n): begun by findings, by other ways, of any origin; and H, (3, k), by scenario."""

    direct: Floats
    base: Floats
    total: Floats
    by_scenario: Floats

    @property
    def spread(self) -> Floats:
        """Those that came from another system, (3, n)."""
        return np.maximum(self.total - self.direct - self.base, 0.0)


@dataclass(frozen=True, slots=True)
class Anchor:
    """scale: events per foothold, base: events a year that no foothold explains; both (3, k)."""

    scale: Floats
    base: Floats


@dataclass(frozen=True, slots=True)
class Prices:
    """What a foothold costs, and the loss; money a year. Arrays with a first axis of 3 are LOW, MID, HIGH.

    of_system: (3, n) per foothold a year in the system. of_place: (3, places) per foothold a year on the place, that is
    per unit of a finding's rate. by_findings, by_base_hazard, by_base_rate: (3,) parts of the loss. rates: (3, k)
    events a year, explained: (3, k) those of them that footholds explain.
    """

    of_system: Floats
    of_place: Floats
    by_findings: Floats
    by_base_hazard: Floats
    by_base_rate: Floats
    rates: Floats
    explained: Floats

    @property
    def loss(self) -> Floats:
        """Expected loss a year, (3,)."""
        return self.by_findings + self.by_base_hazard + self.by_base_rate

    def changed(self, place: int, difference: ArrayLike) -> Floats:
        """The loss once findings on a place change its rate by `difference` (a number or (3,)): exact, no new pass."""
        return self.loss + self.of_place[:, place] * np.asarray(difference, dtype=np.float64)


def footholds(estate: Estate, of_places: Floats, scenarios: Scenarios) -> Footholds:
    """The chain solved forward. of_places: (3, places) footholds a year on each place (`place_rates`)."""
    direct = estate.direct(of_places)
    total = np.stack([spread.solve(estate.chains[end], direct[end] + estate.base[end], forward=True) for end in ENDS])
    return Footholds(direct, estate.base, total, np.stack([scenarios.shares @ total[end] for end in ENDS]))


def anchor(scenarios: Scenarios, reference: Floats) -> Anchor:
    """Scale and base so that today's H (`reference`, (3, k)) explains its share of the stated frequency.

    Where no foothold reaches a scenario's systems (H = 0), nothing is explained: the whole frequency is base. Where
    only the LOW of H is 0, HIGH divides by a thousandth of the middle.
    """
    f, x = scenarios.frequency, scenarios.explained
    reached = reference[MID] > 0
    least, most = np.where(reached, reference[LOW], 1.0), np.where(reached, reference[HIGH], 1.0)
    mid = np.where(reached, reference[MID], 1.0)
    least = np.where(least > 0, least, 1e-3 * mid)
    scale = np.stack([x[LOW] * f[LOW] / most, x[MID] * f[MID] / mid, x[HIGH] * f[HIGH] / least]) * reached
    rest = np.stack([(1 - x[HIGH]) * f[LOW], (1 - x[MID]) * f[MID], (1 - x[LOW]) * f[HIGH]])
    return Anchor(scale, np.where(reached, rest, f))


def free_standing(event: ArrayLike, base: ArrayLike) -> Anchor:
    """Scale and base given as they are: event (3, k) chance that a foothold becomes an event, base (3, k) a year."""
    return Anchor(np.asarray(event, dtype=np.float64), np.asarray(base, dtype=np.float64))


def price(
    estate: Estate, found: Footholds, scenarios: Scenarios, anchored: Anchor, amount: Floats | None = None
) -> Prices:
    """The adjoint pass: the price of a foothold everywhere, and the loss by its parts.

    amount: (3, k) money per event instead of the scenarios' mean amounts. With d TVaR / d rate_k there, prices are
    derivatives of TVaR (for small changes: TVaR is not linear).
    """
    money = scenarios.amount if amount is None else amount
    weights = anchored.scale * money
    back = scenarios.shares.T.tocsr()
    of_system = np.stack([spread.solve(estate.chains[end], back @ weights[end], forward=False) for end in ENDS])
    of_place = np.stack([estate.holds @ (estate.factor[end] * of_system[end]) for end in ENDS])
    explained = anchored.scale * found.by_scenario
    return Prices(
        of_system, of_place,
        (found.direct * of_system).sum(axis=1), (found.base * of_system).sum(axis=1),
        (anchored.base * money).sum(axis=1), anchored.base + explained, explained,
    )  # fmt: skip


def finding_prices(prices: Prices, place: ArrayLike, rate: ArrayLike, copies: ArrayLike | None = None) -> Floats:
    """The price of every finding, money a year: shape (3, n), or (n,) at MID for rates of shape (n,).

    place, rate and copies as given to `place_rates`; findings of one definition on one place share their price.
    """
    at = np.asarray(place, dtype=np.intp)
    rates = np.asarray(rate, dtype=np.float64)
    if copies is not None:
        rates = rates / np.asarray(copies, dtype=np.float64)
    if rates.ndim == 1:
        found: Floats = prices.of_place[MID].take(at)
        found *= rates
        return found
    return np.stack([prices.of_place[end].take(at) * rates[end] for end in ENDS])


def by_scenario(estate: Estate, scenarios: Scenarios, anchored: Anchor, end: int = MID) -> Floats:
    """The price of a foothold in each system by scenario, (n, k); rows sum to `Prices.of_system` at that end."""
    from scipy.sparse import diags_array  # type: ignore[import-untyped]

    weights = anchored.scale[end] * scenarios.amount[end]
    columns = (diags_array(weights) @ scenarios.shares).T.toarray()
    return spread.solve(estate.chains[end], columns, forward=False)


def coherent_rates(scenarios: Scenarios, reference: Floats, now: Floats) -> Floats:
    """Events a year by scenario today, (3, k), once anchored at `reference`; both H are (3, k).

    f · (1 − x + x · now / reference). The same unknowns stand above and below, so the ratio is taken within each of the
    three passes and its least and greatest value counts: narrower than the hull of `Prices.rates`, and equal to the
    stated interval as long as nothing has changed.
    """
    reached = reference[MID] > 0
    ratio = np.where(
        reached & (reference > 0), now / np.where(reference > 0, reference, 1.0), np.where(reached, np.nan, 1.0)
    )
    least, most = np.nanmin(ratio, axis=0), np.nanmax(ratio, axis=0)
    f, x = scenarios.frequency, scenarios.explained

    def factor(share: Floats, change: Floats) -> Floats:
        return 1.0 - share + share * change

    low = np.minimum(factor(x[LOW], least), factor(x[HIGH], least))
    high = np.maximum(factor(x[LOW], most), factor(x[HIGH], most))
    return np.stack([f[LOW] * low, f[MID] * factor(x[MID], ratio[MID]), f[HIGH] * high])


def silent(unguarded: Floats, prices: Prices, system: ArrayLike, effective: ArrayLike) -> Floats:
    """What it would cost a year if each safeguard on a system fell silent: (3, m). Exact, loss is linear in footholds.

    unguarded: (3, n) direct footholds a year if no safeguard worked. system: (m,), effective: (3, m) of each safeguard
    there (as of `effectiveness`): without it, its share e of what the system's other safeguards leave would come in.
    """
    at, e = np.asarray(system, dtype=np.intp), np.asarray(effective, dtype=np.float64)
    number = unguarded.shape[1]
    ends = ((LOW, LOW, HIGH), (MID, MID, MID), (HIGH, HIGH, LOW))
    return np.stack([
        unguarded[end, at] * prices.of_system[end, at] * e[own] * _others_leave(at, e[other], number)
        for end, own, other in ends
    ])  # fmt: skip


def _others_leave(at: NDArray[np.intp], e: Floats, number: int) -> Floats:
    """Π (1 − e) over the other safeguards of the same system, for each one."""
    left = 1.0 - e
    perfect = left <= 0
    product, perfect_ones = np.ones(number), np.bincount(at, perfect, number)
    np.multiply.at(product, at[~perfect], left[~perfect])
    own = np.where(perfect, 1.0, left)
    return np.where(perfect_ones[at] - perfect > 0, 0.0, product[at] / own)
