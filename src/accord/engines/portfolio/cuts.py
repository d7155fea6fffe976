"""Inequalities that every plan keeps and a fractional solution may not: the proof's raw material.

* Residual cuts hold a residual column up to the product that it stands for. For up to `WIDE` flags:
  the cut that is exact at a set S of finished initiatives and is lifted, one flag after another, over
  all states that can be (Nemhauser and Wolsey 1981; Ahmed and Atamtürk 2011). For any number: tangents of the
  exponential at Σ log remaining.
* Cover cuts: starts that together exceed a budget or a skill cannot all be taken. Starts of one initiative
  count once; a start that uses as much as the h largest members of the cover counts h (Balas 1975).
"""

from __future__ import annotations

from functools import cache

import numpy as np

from accord.engines.portfolio.columns import Columns, Residual, Rows
from accord.engines.portfolio.compiled import Floats, Ints

WIDE = 9
LEAST_VIOLATION = 1e-4
LEAST_COVER_VIOLATION = 5e-3
SURELY_OVER = 1 + 1e-6
NEARLY_USED = 0.6


class ResidualCuts:
    """Separates residual cuts; coefficients are kept per goal or scenario and set of initiatives."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.lifted = cache(_lifted)

    def _add(self, rows: Rows, residual: Residual, constant: float, slope: Floats) -> None:
        row = {residual.column: 1.0}
        for flag, value in zip(residual.flags, slope.tolist(), strict=True):
            row[flag] = row.get(flag, 0.0) - value
        rows.add(row, lower=constant)

    def _cut(self, residual: Residual, base: int) -> tuple[float, Floats]:
        return self.lifted(residual.logs, residual.after, base, residual.values)

    def at_start(self) -> Rows:
        """The cuts that are exact where nothing is finished, which every proof begins with."""
        rows = Rows.none()
        for residual in self.columns.residuals:
            narrow = len(residual.flags) <= WIDE
            cut = self._cut(residual, 0) if narrow else _tangent(residual, 0.0)
            self._add(rows, residual, *cut)
        return rows

    def violated(self, solution: Floats, least: float = LEAST_VIOLATION) -> Rows:
        """The most violated cut of each residual column, where one is violated by at least `least`."""
        rows = Rows.none()
        for residual in self.columns.residuals:
            held, flags = solution[residual.column], solution[list(residual.flags)]
            log = float(np.array(residual.logs) @ flags)
            best, base = (float(np.exp(log)) - held if residual.values is None else -np.inf), -1
            if len(residual.flags) <= WIDE:
                for bits in _nested(flags):
                    constant, slope = self._cut(residual, bits)
                    gain = constant + float(slope @ flags) - held
                    if gain > best + 1e-9:
                        best, base = gain, bits
            if best > least:
                exact = base >= 0
                cut = self._cut(residual, base) if exact else _tangent(residual, log)
                self._add(rows, residual, *cut)
        return rows

    def exact_at(self, steps: Floats) -> Rows:
        """Cuts that are exact at a plan (its binaries), so that the model tells its true value and loss."""
        rows = Rows.none()
        for residual in self.columns.residuals:
            flags = steps[list(residual.flags)]
            if len(residual.flags) <= WIDE:
                base = sum(1 << k for k, flag in enumerate(flags.tolist()) if flag > 0.5)
                cut = self._cut(residual, base)
            else:
                cut = _tangent(residual, float(np.array(residual.logs) @ np.round(flags)))
            self._add(rows, residual, *cut)
        return rows


def _lifted(
    logs: tuple[float, ...], after: tuple[int, ...], base: int, values: tuple[float, ...] | None
) -> tuple[float, Floats]:
    """(constant, slope per flag): r ≥ constant + Σ slope × flag, exact at the set `base` (bits).

    It holds for every state in which no phase of a ramp-up has begun before the one that it comes `after`.
    """
    n = len(logs)
    numbers = np.arange(2**n)
    states = (numbers[:, None] >> np.arange(n) & 1).astype(bool)
    inside = (base >> np.arange(n) & 1).astype(bool)
    able = np.ones(2**n, dtype=bool)
    for late, early in enumerate(after):
        if early >= 0:
            able &= ~states[:, late] | states[:, early]
    product = np.exp(states @ np.array(logs)) if values is None else np.array(values)
    slack, slope = product - product[base], np.zeros(n)
    admitted = numbers == base
    for member in (*np.flatnonzero(~inside).tolist(), *np.flatnonzero(inside).tolist()):
        new = admitted[numbers ^ (1 << member)] & ~admitted
        asked = new & able if (new & able).any() else new
        slope[member] = slack[asked].min() * (-1.0 if inside[member] else 1.0)
        slack = slack - slope[member] * (states[:, member].astype(float) - float(inside[member]))
        admitted |= new
    return float(product[base] - slope @ inside), slope


def _tangent(residual: Residual, at: float) -> tuple[float, Floats]:
    height = float(np.exp(at))
    return height * (1.0 - at), height * np.array(residual.logs)


def _nested(flags: Floats) -> list[int]:
    """The sets {members whose flag is above a threshold}, as bits, for every threshold."""
    found, bits = [0], 0
    for member in np.argsort(-flags, kind="stable").tolist():
        if flags[member] < 1e-6:
            break
        bits |= 1 << member
        found.append(bits)
    return found


class CoverCuts:
    """Separates cover cuts of every budget and skill."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        c = columns.compiled
        quarter = np.arange(c.horizon)
        possible = (quarter >= c.first[:, None]) & (quarter <= c.last[:, None]) & (columns.offset >= 0)[:, None]
        self.usage = np.where(possible[:, :, None], c.usage, 0.0).transpose(2, 0, 1)
        self.order = np.argsort(-self.usage, axis=2, kind="stable")
        self.sorted = np.take_along_axis(self.usage, self.order, axis=2)
        ahead = np.concatenate([self.sorted[:, :, 1:], np.zeros_like(self.sorted[:, :, :1])], axis=2)
        self.level = (self.sorted > ahead) & (self.sorted > 0.0)

    def violated(self, solution: Floats) -> Rows:
        """Violated cuts of the budgets and skills that the solution nearly uses up, each at most once."""
        c, rows = self.columns.compiled, Rows.none()
        mass = self.columns.masses(solution)
        load = np.einsum("it,rit->r", mass, self.usage)
        for r in np.flatnonzero(load > NEARLY_USED * c.limits).tolist():
            held = np.minimum(np.cumsum(np.take_along_axis(mass, self.order[r], axis=1), axis=1), 1.0)
            with np.errstate(divide="ignore", invalid="ignore"):
                score = np.where(self.level[r], (1.0 - held + 1e-6) / self.sorted[r], np.inf)
            at = np.argmin(score, axis=1)
            rank = np.arange(c.size)
            able = np.flatnonzero(np.isfinite(score[rank, at]))
            level, share = self.sorted[r][rank, at], held[rank, at]
            seen: set[tuple[int, ...]] = set()
            for order in (able[np.argsort(score[able, at[able]])], able[np.argsort(-share[able])]):
                cover = _minimal_cover(order, level, share, float(c.limits[r]))
                if len(cover) and tuple(cover) not in seen:
                    seen.add(tuple(cover))
                    self._add(rows, r, mass, cover, level[cover])
        return rows

    def _add(self, rows: Rows, r: int, mass: Floats, cover: Ints, level: Floats) -> None:
        sums = np.cumsum(np.sort(level)[::-1])
        usage = self.usage[r]
        counts = np.searchsorted(sums, usage * (1 + 1e-12), side="right").astype(float)
        counts[cover] = np.maximum(counts[cover], usage[cover] >= level[:, None])
        if (counts * mass).sum() <= len(cover) - 1 + LEAST_COVER_VIOLATION:
            return
        row: dict[int, float] = {}
        for i in np.flatnonzero(counts.any(axis=1)).tolist():
            row |= self.columns.by_start(i, counts[i, self.columns.window(i)])
        rows.add(row, upper=len(cover) - 1.0)


def _minimal_cover(order: Ints, level: Floats, share: Floats, limit: float) -> Ints:
    """The shortest head of `order` whose levels exceed the limit, thinned to a minimal cover; or empty."""
    over = max(limit, 1e-3) * SURELY_OVER
    sums = np.cumsum(level[order])
    count = int(np.searchsorted(sums, over, side="right")) + 1
    if count > len(order):
        return order[:0]
    kept, total = order[:count].tolist(), float(sums[count - 1])
    for i in sorted(kept, key=lambda i: share[i]):
        if total - level[i] > over:
            kept.remove(i)
            total -= float(level[i])
    return np.array(sorted(kept), dtype=np.int64)
