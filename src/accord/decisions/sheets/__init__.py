"""The kinds of sheet: what each asks for, how it checks that, and the figures of its options.

A kind is a module with `read(values)`, which gives checked inputs as plain data (or `Refused` with every problem,
its place and remedy), and `compute(inputs, tell)`, which gives the figures: `options` with their statements, `facts`
of the whole, `missing` (what to fill in next), `explained` (how it was computed) and `proposal` (the option that
follows from stated limits, where one does). Unknown stays None and is never read as 0.

A kind of `LONG` may compute for more than half a second: a job does it, and its `read` needs no numerical library.
The others are computed while one waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from accord.decisions.sheets import insurance, materiality, patch_or_wait, retirement, supplier
from accord.decisions.sheets.reading import Tell, silent
from accord.decisions.versions import versions
from accord.ui.format import default_currency

KINDS = {
    "insurance": insurance, "supplier": supplier, "retirement": retirement, "materiality": materiality,
    "patch_or_wait": patch_or_wait,
}  # fmt: skip
LONG = frozenset({"insurance"})


def read(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs of a kind, checked, as JSON."""
    found: dict[str, Any] = KINDS[kind].read(values)
    return found


def compute(kind: str, inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """Everything that a sheet shows, from inputs that `read` gave. What `tell` raises ends it."""
    figures: dict[str, Any] = KINDS[kind].compute(inputs, tell)
    return {
        "kind": kind, "currency": default_currency(), "inputs": dict(inputs), "versions": versions(),
        "missing": [], "facts": [], "explained": [], "basis": {}, "proposal": None, "reason": "", **figures,
    }  # fmt: skip


def until(inputs: Mapping[str, Any]) -> date | None:
    """The last day on which the choice holds, where the inputs say one."""
    return date.fromisoformat(inputs["until"]) if inputs.get("until") else None


def until_of(kind: str, inputs: Mapping[str, Any], figures: Mapping[str, Any], chosen: str) -> date | None:
    """The last day of the option that was chosen."""
    return patch_or_wait.until_of(figures, chosen) if kind == "patch_or_wait" else until(inputs)
