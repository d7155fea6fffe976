"""The coverage of techniques as a layer of the ATT&CK Navigator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from accord.outlet import navigator
from accord.outlet.navigator import Shown

COLUMNS = {
    "rule": "Rule", "telemetry": "Telemetry arriving", "proof": "Proven to fire", "all": "Rule, telemetry and proof",
}  # fmt: skip
GAP, PART, HALF, DONE = "#d1495b", "#e08e45", "#e6c229", "#4c9f70"


def as_layer(coverage: Any, column: str, at: datetime) -> bytes:
    """A layer of a `selectors.blind.Coverage`: score 1 = there, 0 = not; of "all" how many of the three are there."""
    most = 3.0 if column == "all" else 1.0
    shown = []
    for cover in coverage.covers:
        marks = {"rule": bool(cover.rules), "telemetry": bool(cover.arriving), "proof": cover.proven}
        score = sum(marks.values()) if column == "all" else int(marks[column])
        exercise = cover.exercise
        facts = [
            ("rules", str(len(cover.rules))), ("telemetry arriving for", str(cover.arriving)),
            ("fired on real events", str(cover.fired)), ("pass their tests", str(cover.tested)),
            ("exercise", "" if exercise is None else
             f"{exercise.day:%Y-%m-%d}: {'detected' if exercise.detected else 'not detected'}"),
        ]  # fmt: skip
        reason = cover.chosen.reason if cover.chosen else ""
        shown.append(Shown(cover.technique.identifier, float(score), reason, facts=facts))
    release = coverage.catalogue.release
    legend = [("missing", GAP), ("there", DONE)] if most == 1 else [
        ("nothing", GAP), ("a rule", PART), ("a rule and its logs", HALF), ("and proven to fire", DONE),
    ]  # fmt: skip
    return navigator.layer(
        f"Accord: {COLUMNS[column]}", shown, attack=release.version if release else "", most=most,
        colours=[colour for _, colour in legend], legend=legend,
        description=f"{len(coverage.covers)} techniques ({coverage.scope}), as of {at:%Y-%m-%d %H:%M} UTC.",
        facts=[("made by", "Accord"), ("as of", at.isoformat(timespec="seconds"))],
    )  # fmt: skip
