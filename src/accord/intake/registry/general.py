"""Formats of no tool in particular."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_empty(seen: Sniff) -> bool:
    return seen.kind == "json" and seen.whole and not seen.paths


def _is_own(seen: Sniff) -> bool:
    return "accord_findings" in seen.keys


FORMATS: tuple[Format, ...] = (
    Format("accord", "Accord's own list of findings (JSON)", (".json",), "accord.intake.own", _is_own),
    Format("empty", "Empty JSON list or object", (".json",), "accord.intake.empty", _is_empty),
)
