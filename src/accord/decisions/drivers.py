"""What drives the expected loss that a plan leaves: its tornado, from the same laws as the curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accord.risk.drivers import FORM_NAMES

if TYPE_CHECKING:
    from accord.engines.loss.sensitivity import Input, Term
    from accord.engines.portfolio import Problem

MOST_SWINGS = 8
"""Inputs that a plan keeps, the widest swings first."""
SIDES = ("frequency", "magnitude")


class Drivers:
    """The terms of the expected loss a year with a plan done, and what each of their inputs is called.

    Each scenario's loss is its rate times what each control of today and each initiative of the plan leaves, times
    the sum of its forms of loss. `powers`: scenario → the power that brings effects to as far as they have grown.
    """

    def __init__(
        self, problem: Problem, laws: Mapping[str, Any], plan: Mapping[str, int], powers: Mapping[str, float]
    ) -> None:
        self._names = {one.key: one.name for one in problem.scenarios}
        self._whats: dict[str, tuple[str, str]] = {}
        self._shares: set[str] = set()
        done = {key: problem.initiative(key).name for key in plan}
        effects: dict[str, list[Mapping[str, Any]]] = {}
        for effect in laws["effects"]:
            if effect["initiative"] in done:
                named = {**effect, "key": effect["initiative"], "name": done[effect["initiative"]]}
                effects.setdefault(effect["scenario"], []).append(named)
        self.terms = [self._term(one, effects.get(one["key"], ()), powers[one["key"]]) for one in laws["scenarios"]]

    def widest(self) -> list[dict[str, Any]]:
        """Rows of {scenario, what, low, value, high}: money a year with the input at its low end, as is, at its high.

        The ends are the 5 % and 95 % quantiles of what the row names: of a share that an initiative avoids, the low
        end is its weak one, with more loss.
        """
        from accord.engines.loss.sensitivity import swings

        rows = []
        for swing in [one for one in swings(self.terms) if one.width > 0][:MOST_SWINGS]:
            scenario, what = self._whats[swing.key]
            ends = (swing.high, swing.low) if swing.key in self._shares else (swing.low, swing.high)
            rows.append({"scenario": scenario, "what": what, "low": ends[0], "value": swing.value, "high": ends[1]})
        return rows

    def _term(self, row: Mapping[str, Any], effects: Sequence[Mapping[str, Any]], power: float) -> Term:
        from accord.engines.loss import TwoPiece
        from accord.engines.loss.sensitivity import Input, Term

        scenario = row["key"]
        rate = Input(f"{scenario}|frequency", TwoPiece(*row["frequency"]))
        self._tell(rate.key, scenario, "frequency")
        factors: list[tuple[Input, ...]] = [(rate,)]
        for kind, many, grown in (("control", row["controls"], 1.0), ("initiative", effects, power)):
            for effect in many:
                factors += [(left,) for left in self._left(scenario, kind, effect, grown)]
        amounts = []
        for form, ends in zip(row["forms"], row["magnitude"], strict=True):
            amount = Input(f"{scenario}|{form}", TwoPiece(*ends))
            self._tell(amount.key, scenario, FORM_NAMES.get(form, form).lower())
            amounts.append(amount)
        return Term(scenario, (*factors, tuple(amounts)))

    def _left(self, scenario: str, kind: str, effect: Mapping[str, Any], power: float) -> list[Input]:
        """What a control or an initiative leaves of frequency and magnitude, as far as it has grown."""
        from accord.engines.loss.expert import LinearLaw
        from accord.engines.loss.sensitivity import Input

        found = []
        for side in SIDES:
            if effect[side] is not None:
                low, mid, high = ((1.0 - share) ** power for share in reversed(effect[side]))
                key = f"{scenario}|{kind}|{effect['key']}|{side}"
                self._tell(key, scenario, f"{effect['name']} on {side}")
                self._shares.add(key)
                found.append(Input(key, LinearLaw(low, mid, high, 0.0, 1.0 if high <= 1 else math.inf), mid))
        return found

    def _tell(self, key: str, scenario: str, what: str) -> None:
        self._whats[key] = (self._names.get(scenario, scenario), what)
