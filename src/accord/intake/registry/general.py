"""Formats of no tool in particular."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_empty(seen: Sniff) -> bool:
    return seen.kind == "json" and seen.whole and not seen.paths


FORMATS: tuple[Format, ...] = (
    Format("empty", "Empty JSON list or object", (".json",), "accord.intake.empty", _is_empty),
)
