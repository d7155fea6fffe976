"""The numbers that the hazard rests on and that no table of the estate holds: each an interval until narrowed.

An organization replaces one by a row of `hazard_assumption`; without one the range here counts, with its source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Ends = tuple[float, float, float]
OWN = "Accord's own range, wide on purpose: nothing is published that would narrow it for every organization."
STARTS = (
    "Share of breaches that began with the exploitation of a vulnerability: Verizon DBIR 2024 14 %, 2025 20 %; share "
    "of intrusions that began with an exploit: Mandiant M-Trends 2024 38 %, 2025 33 %."
)
NOT_BY_FINDINGS = "It needs no attacker and no weakness; change it if your own incidents say otherwise."


@dataclass(frozen=True, slots=True)
class Assumption:
    """One number with its unit, its range (low, middle, high) and where the range comes from. `most`: upper limit."""

    key: str
    label: str
    unit: str
    ends: Ends
    source: str
    most: float


def _reach(key: str, label: str, *ends: float) -> Assumption:
    low, mid, high = ends
    return Assumption(f"reach_{key}", label, "of the rate by EPSS", (low, mid, high), OWN, 10.0)


def _explained(key: str, label: str, ends: Ends, source: str) -> Assumption:
    return Assumption(f"explained_{key}", f"Events by findings: {label}", "of the events", ends, source, 1.0)


def _event(key: str, label: str) -> Assumption:
    words = f"A foothold becomes an event: {label}"
    return Assumption(f"event_{key}", words, "of the footholds", (1e-5, 1e-3, 1e-1), OWN, 1.0)


NEVER: Ends = (0.0, 0.0, 0.0)
ASSUMPTIONS = (
    _reach("internet", "Weakness on a system that is exposed to the internet", 1.0, 1.0, 1.0),
    _reach("partner", "Weakness on a system that is exposed to partners", 0.1, 0.3, 1.0),
    _reach("internal", "Weakness on an internal system", 0.01, 0.1, 0.5),
    _reach("unknown", "Weakness on a system of unknown exposure", 0.01, 0.3, 1.0),
    Assumption(
        "spread_to_dependents", "An intruder goes on to a system that needs this one", "of the footholds",
        (0.02, 0.1, 0.3), OWN, 0.49,
    ),
    Assumption(
        "spread_to_needed", "An intruder goes on to a system that this one needs", "of the footholds",
        (0.02, 0.1, 0.3), OWN, 0.49,
    ),
    _explained("external", "external attacker", (0.14, 0.25, 0.38), STARTS),
    _explained("insider", "insider", NEVER, NOT_BY_FINDINGS),
    _explained("error", "human error", NEVER, NOT_BY_FINDINGS),
    _explained("failure", "technical failure", NEVER, NOT_BY_FINDINGS),
    _explained("supplier", "supplier", NEVER, "The weakness is the supplier's: no finding of yours shows it."),
    _explained("nature", "nature", NEVER, NOT_BY_FINDINGS),
    _event("outage", "outage"),
    _event("disclosure", "disclosure"),
    _event("fraud", "fraud"),
    _event("integrity", "loss of integrity"),
)  # fmt: skip
BY_KEY = {assumption.key: assumption for assumption in ASSUMPTIONS}


def check(row: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """What is wrong with a row of the table: (column, reason, remedy)."""
    low, mid, high = row["low"], row["mid"], row["high"]
    assumption = BY_KEY.get(row["key"])
    if assumption is None or low is None or mid is None or high is None:
        return
    if not low <= mid <= high:
        yield "low", f"{low:f}, {mid:f}, {high:f} do not rise.", "The low value comes first, the high one last."
    if high > assumption.most:
        yield "high", f"{high:f} is over {assumption.most:g}.", f"Give at most {assumption.most:g}."
