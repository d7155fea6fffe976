"""Speed of the hazard engine, and what the price of a finding tells that EPSS does not.

    .venv/bin/python -m benchmarks.hazard [--findings N] [--systems N] [--database]

CPU seconds of this process, the best of a few runs. The estate is synthetic: systems with skewed numbers of places,
dependencies with loops, EPSS scores with the skew of FIRST's feed (half below 0.001, five in a hundred above 0.1).
The references are computed in the same run: the same chain by a dense solve, and the price of single findings by
finite differences of the whole computation.

`--database` measures a hazard run from and into a database of 100,000 assets and the same systems and findings (that
of `benchmarks.lists`, with scenarios and dependencies): `--keep=/path` keeps it there or uses the one that is there.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from accord.engines import hazard
from accord.engines.hazard import MID

SCENARIOS = 50


def cpu(run: Callable[[], object], times: int = 5) -> float:
    best = np.inf
    for _ in range(times):
        start = time.process_time()
        run()
        best = min(best, time.process_time() - start)
    return float(best)


@dataclass(frozen=True)
class Synthetic:
    estate: hazard.Estate
    scenarios: hazard.Scenarios
    place: Any
    copies: Any
    epss: Any


def synthetic(systems: int, findings: int, seed: int = 1) -> Synthetic:
    """Ten places a system; three dependencies a system, a tenth of them backwards so that there are loops."""
    rng = np.random.default_rng(seed)
    places = systems * 10
    owner = np.minimum((systems * rng.random(places) ** 2).astype(int), systems - 1)
    share = rng.dirichlet(np.full(10, 0.5), systems).ravel()[:places]
    holds = csr_array((share, (np.arange(places), owner)), shape=(places, systems))
    source = rng.integers(0, systems, systems * 3)
    target = np.clip(source + rng.integers(-systems // 10, systems, source.size), 0, systems - 1)
    kept = source != target
    chains = [hazard.evenly(systems, source[kept], target[kept], end) for end in (0.05, 0.2, 0.5)]
    reach = np.array([[1, 0.1, 0.01], [1, 0.3, 0.1], [1, 1, 0.5]])[:, rng.choice(3, systems, p=[0.1, 0.2, 0.7])]
    rows = np.repeat(np.arange(SCENARIOS), 60)
    hit = (systems * rng.random(rows.size) ** 2).astype(int)
    shares = csr_array((rng.dirichlet(np.full(60, 0.5), SCENARIOS).ravel(), (rows, hit)), shape=(SCENARIOS, systems))
    middle = 0.3 * np.exp(rng.normal(0, 1, SCENARIOS))
    amount = np.exp(rng.normal(12, 1.2, SCENARIOS))
    explained = np.repeat([[0.14], [0.25], [0.38]], SCENARIOS, axis=1)
    place = rng.integers(0, places, findings)
    definition = (findings // 20 * rng.random(findings) ** 3).astype(int)
    of_definition = np.clip(np.exp(rng.normal(np.log(8e-4), 2.9, definition.max() + 1)), 1e-5, 0.97)
    return Synthetic(
        hazard.Estate(
            tuple(map(str, range(systems))), holds, reach, np.zeros((3, systems)), (chains[0], chains[1], chains[2])
        ),
        hazard.Scenarios(
            tuple(map(str, range(SCENARIOS))), shares, np.stack([middle / 3, middle, middle * 3]),
            np.stack([amount, amount, amount]), explained,
        ),
        place, hazard.copies_of(place, definition), of_definition[definition],
    )  # fmt: skip


def whole(given: Synthetic, epss: Any) -> tuple[Any, hazard.Prices]:
    """Estate to loss to the price of every finding, with intervals of all but the known scores."""
    rate = hazard.yearly_rate(epss)
    rate /= given.copies
    of_places = hazard.place_rates(given.place, rate, given.estate.holds.shape[0])
    found = hazard.footholds(given.estate, np.stack([of_places] * 3), given.scenarios)
    prices = hazard.price(given.estate, found, given.scenarios, hazard.anchor(given.scenarios, found.by_scenario))
    return hazard.finding_prices(prices, given.place, rate), prices


def top_share(prices: Any, by: Any, part: float = 0.01) -> float:
    """The share of all prices that the first `part` of findings in the order `by` carries."""
    number = max(int(len(prices) * part), 1)
    return float(prices[np.argpartition(-by, number - 1)[:number]].sum() / prices.sum())


def engine(systems: int, findings: int) -> None:
    given = synthetic(systems, findings)
    print(f"{systems:,} systems, {systems * 10:,} places, {findings:,} findings, {SCENARIOS} scenarios; CPU seconds")
    of_findings, prices = whole(given, given.epss)
    spent = cpu(lambda: whole(given, given.epss))
    print(f"  estate -> loss -> price of every finding  {spent * 1e3:8.1f} ms   (asked for: 100 ms)")
    once = cpu(lambda: prices.changed(int(given.place[0]), -1e-3))
    print(f"  after one finding changed                 {once * 1e3:8.3f} ms   (asked for: 20 ms)")
    rest = abs(of_findings.sum() + prices.by_base_rate[MID] + prices.by_base_hazard[MID] - prices.loss[MID])
    print(f"  prices + base against the whole loss      {rest / prices.loss[MID]:8.1e}      (asked for: 1e-9)")
    _dense(given)
    _differences(given, of_findings, spent)
    print(
        f"  top 1 % of findings by price carry        {top_share(of_findings, of_findings):8.1%} of what all cost; "
        f"the top 1 % by EPSS {top_share(of_findings, given.epss):.1%}"
    )


def _dense(given: Synthetic) -> None:
    """The chain forward by a dense solve, beside the sparse sweeps."""
    chain = given.estate.chains[MID]
    right = np.ones(chain.shape[0])
    sparse = cpu(lambda: hazard.spread.solve(chain, right, forward=True))
    matrix = np.eye(chain.shape[0]) - chain.toarray().T
    start = time.process_time()
    wanted = np.linalg.solve(matrix, right)
    dense = time.process_time() - start
    worst = np.abs(hazard.spread.solve(chain, right, forward=True) - wanted).max() / wanted.max()
    print(
        f"  the chain: sparse {sparse * 1e3:.2f} ms, dense solve {dense * 1e3:,.0f} ms ({dense / sparse:,.0f} times); "
        f"they agree to {worst:.0e}"
    )


def _differences(given: Synthetic, of_findings: Any, spent: float, number: int = 5) -> None:
    """Prices by finite differences: the whole computation again for each finding."""
    rate = hazard.yearly_rate(given.epss) / given.copies
    of_places = hazard.place_rates(given.place, rate, given.estate.holds.shape[0])
    found = hazard.footholds(given.estate, np.stack([of_places] * 3), given.scenarios)
    anchored = hazard.anchor(given.scenarios, found.by_scenario)
    before = hazard.price(given.estate, found, given.scenarios, anchored).loss[MID]
    chosen = np.argsort(-of_findings)[:: max(len(of_findings) // number, 1)][:number]
    worst, start = 0.0, time.process_time()
    for at in chosen:
        changed = of_places.copy()
        changed[given.place[at]] += rate[at]
        again = hazard.footholds(given.estate, np.stack([changed] * 3), given.scenarios)
        slope = hazard.price(given.estate, again, given.scenarios, anchored).loss[MID] - before
        worst = max(worst, abs(slope - of_findings[at]) / before)
    each = (time.process_time() - start) / len(chosen)
    print(
        f"  finite differences: {each * 1e3:.1f} ms a finding, {each * len(of_findings):,.0f} s for all "
        f"({each * len(of_findings) / spent:,.0f} times the adjoint pass); they agree to {worst:.0e} of the loss"
    )


def _scenarios(actor: Any, systems: int) -> None:
    """Scenarios and dependencies, through the import gate."""
    from accord.core.imports import TextRow, TextTable, import_tables

    rng = np.random.default_rng(3)

    def table(name: str, columns: str, rows: list[list[str]]) -> TextTable:
        names = columns.split(",")
        return TextTable(name, names, [TextRow(n, dict(zip(names, row, strict=True))) for n, row in enumerate(rows, 2)])

    keys = [f"R-{n}" for n in range(SCENARIOS)]
    hit = {key: rng.choice(systems, 60, replace=False) for key in keys}
    pairs = {(int(a), int(b)) for a, b in rng.integers(0, systems, (systems * 3, 2)) if a != b}
    import_tables(
        actor,
        [
            table("scenario", "key,name,threat,effect,frequency_low,frequency_mid,frequency_high",
                  [[key, key, "external", "outage", "0.05", "0.2", "0.6"] for key in keys]),
            table("scenario_loss", "scenario,form,low,mid,high",
                  [[key, "response", "20000", "150000", "1000000"] for key in keys]),
            table("scenario_system", "scenario,system,share",
                  [[key, f"S-{s:03}", "0.016"] for key in keys for s in hit[key]]),
            table("dependency", "system,depends_on", [[f"S-{a:03}", f"S-{b:03}"] for a, b in sorted(pairs)]),
        ],
    )  # fmt: skip


def database(systems: int, findings: int, kind: str, keep: str) -> None:
    """A run from the tables to the price of every finding, step by step."""
    import tempfile
    from pathlib import Path

    from benchmarks import lists

    home = Path(keep) if keep else Path(tempfile.mkdtemp())
    made = (home / "accord.sqlite3").exists()
    home.mkdir(parents=True, exist_ok=True)
    lists.SYSTEMS = systems
    with lists._settings(kind, home):
        if not made:
            lists.make(100_000, findings)
        _measure(systems)


def _measure(systems: int) -> None:
    from django.utils import timezone

    from accord.core.models import User
    from accord.exposure.services import concentration, set_prices
    from accord.risk.hazard.compute import compute
    from accord.risk.hazard.inputs import collect
    from accord.risk.models import Scenario

    actor = User.objects.get(email="ciso@benchmark.example")
    if not Scenario.objects.exists():
        _scenarios(actor, systems)
    print(f"\nfrom the database: {systems:,} systems, 100,000 assets; wall and CPU seconds of this process")

    def step(what: str, run: Callable[[], Any]) -> Any:
        wall, spent = time.monotonic(), time.process_time()
        found = run()
        print(f"  {what:44} {time.monotonic() - wall:7.2f} s {time.process_time() - spent:7.2f} s CPU", flush=True)
        return found

    def nobody(*_: Any) -> None:
        """No progress is shown."""

    inputs, _ = step("read the inputs", collect)
    inputs, _ = step("read the inputs again", collect)
    step("hash of the inputs", lambda: inputs.hash)
    computed = step("estate -> loss -> price of every asset", lambda: compute(inputs, {}, timezone.now(), nobody))
    now, currency = timezone.now(), inputs.loss.currency
    for what in ("first prices on all assets and findings", "the same prices once more"):
        step(what, lambda: set_prices(actor, computed.prices, computed.unknown, computed.most, currency, now, nobody))
    top = step("top 1 % by price and by EPSS", concentration)
    print(f"  the top 1 % of {top['findings']:,} by price carry {top['by_price']:.1%}, by EPSS {top['by_epss']:.1%}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=int, default=5_000)
    parser.add_argument("--findings", type=int, default=1_000_000)
    parser.add_argument("--database", nargs="?", const="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--keep", default="")
    chosen = parser.parse_args(arguments)
    print(f"NumPy {np.__version__}, {os.cpu_count()} processors")
    engine(chosen.systems, chosen.findings)
    if chosen.database:
        database(chosen.systems, chosen.findings, chosen.database, chosen.keep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
