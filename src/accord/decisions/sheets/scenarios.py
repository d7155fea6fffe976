"""What an option of a sheet does to scenarios: shares by which frequency and loss per event rise or fall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from accord.core.values import Kind
from accord.decisions.sheets.reading import Reader
from accord.risk import causes
from accord.risk.figures import HIGH, LOW, MID, Quantified, quantify
from accord.risk.models import Scenario
from accord.risk.selectors import collect, latest_run
from accord.ui import format as write

if TYPE_CHECKING:
    from accord.risk.causes import Causes
    from accord.risk.selectors import Inputs

SIDES = ("frequency", "magnitude")


@dataclass(frozen=True)
class Basis:
    """The scenarios with today's controls, as the loss run takes them, read at one moment."""

    inputs: Inputs
    number: int

    @cached_property
    def found(self) -> Quantified:
        return quantify(self.inputs)

    @cached_property
    def names(self) -> dict[str, str]:
        return {one.key: one.name for one in self.inputs.scenarios}

    @cached_property
    def causes(self) -> Causes:
        """The shared causes that count, and those that do not."""
        return causes.sort_out(self.inputs, self.found.base)

    def missing_causes(self) -> list[dict[str, str]]:
        """The shared causes that are in no figure, and what each lacks."""
        return [{"what": f"{one.name}: {one.reason}", "remedy": one.remedy, "href": ""} for one in self.causes.left_out]

    def missing(self, only: Iterable[str] | None = None) -> list[dict[str, str]]:
        """The scenarios that are in no figure, and what each lacks; only those named, where some are."""
        wanted = None if only is None else set(only)
        return [
            {"what": f"{one.name}: {one.reason}", "remedy": one.remedy, "href": f"/scenarios/{one.key}/"}
            for one in self.found.missing
            if wanted is None or one.key in wanted
        ]

    def as_json(self) -> dict[str, Any]:
        """What the figures rest on: the inputs by hash, the ledger's number, and the loss run of the same inputs."""
        run = latest_run()
        same = run is not None and run.inputs_hash == self.inputs.hash
        return {
            "inputs_hash": self.inputs.hash,
            "ledger_number": self.number,
            "scenarios": len(self.found.scenarios),
            "loss_run": None if run is None or not same else {"id": run.pk, "at": run.at.isoformat()},
            "newer_than_loss_run": run is not None and not same,
        }

    def expected(self, effects: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
        """Expected loss a year under effects (shares by which a side rises): with each at its least, middle and most.

        Effects on one scenario multiply, as those of controls and initiatives do.
        """
        return tuple(sum(self._means(effects, end)) for end in (LOW, MID, HIGH))  # type: ignore[return-value]

    def _means(self, effects: Sequence[Mapping[str, Any]], end: int) -> list[float]:
        from accord.engines.loss import expected_loss

        factors = {side: [1.0] * len(self.found.scenarios) for side in SIDES}
        place = {one.key: n for n, one in enumerate(self.found.scenarios)}
        for effect in effects:
            n = place.get(effect["scenario"])
            for side in SIDES:
                if n is not None and effect[side] is not None:
                    factors[side][n] *= 1.0 + effect[side][end]
        found: list[float] = expected_loss(self.found.portfolio, *factors.values()).tolist()
        return found


def basis() -> Basis:
    """Read what the annual loss rests on, now."""
    return Basis(*collect())


def read_effects(reader: Reader, values: Mapping[str, Any], options: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of "effects": scenario, and 5, 50 and 95 % of the share by which a side rises (negative: falls).

    `options` are the names of which a row must name one; empty where the sheet has one option only.
    """
    rows, known = reader.rows(values, "effects"), set(Scenario.objects.values_list("key", flat=True))
    found: list[dict[str, Any]] = []
    for number, row in rows:
        here: dict[str, Any] = {"row": number, "table": "effects"}
        scenario = reader.text(row, "scenario", required=True, **here)
        if scenario and scenario not in known:
            reader.refuse(number, "scenario", f"There is no scenario “{scenario}”.", "Choose one of them.", "effects")
        sides = {
            side: reader.interval(row, side, minimum=Decimal(-1), maximum=Decimal(10), kind=Kind.SHARE, **here)
            for side in SIDES
        }
        effect: dict[str, Any] = {"scenario": scenario, **sides}
        if options:
            effect["option"] = reader.text(row, "option", required=True, **here)
            if effect["option"] and effect["option"] not in options:
                remedy = f"Choose one of {', '.join(options)}."
                reader.refuse(number, "option", f"There is no option “{effect['option']}”.", remedy, "effects")
        found.append(effect)
    seen = [(one.get("option"), one["scenario"]) for one in found]
    for number, pair in enumerate(seen, 1):
        if seen.index(pair) < number - 1:
            reader.refuse(number, "scenario", "It is there twice for one option.", "Keep one row.", "effects")
    return found


def effect_text(effect: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """One effect in words."""
    parts = []
    for side, label in zip(SIDES, ("how often", "loss per event"), strict=True):
        if effect[side] is not None:
            low, mid, high = effect[side]
            parts.append(f"{label} {_signed(mid)} ({_signed(low)} to {_signed(high)})")
    name = names.get(effect["scenario"], effect["scenario"])
    return f"{name}: {', '.join(parts) if parts else 'effect unknown'}"


def _signed(share: float) -> str:
    return ("+" if share > 0 else "") + write.percent(share)


def unknown_effects(effects: Sequence[Mapping[str, Any]], found: Basis) -> list[dict[str, str]]:
    """Effects of which no side is known: they are in no figure."""
    return [
        {
            "what": f"{found.names.get(one['scenario'], one['scenario'])}: what it does is unknown.",
            "remedy": "Give 5, 50 and 95 % of how often or of the loss per event.",
            "href": "",
        }
        for one in effects
        if all(one[side] is None for side in SIDES)
    ]
