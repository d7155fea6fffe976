"""What the stream finds in events that also stand in columns."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from accord.engines.sigma import Engine, LogSource, Program, compile_rules
from accord.engines.sigma.arrow import Hits

SOURCES = st.sampled_from((LogSource(), LogSource("p"), LogSource("q"), LogSource("p", "c", "s")))


def told(event: dict[str, Any]) -> dict[str, Any]:
    """The event as columns can hold it: what is null is not there, and a column's text is UTF-8."""
    return {name: value for name, value in event.items() if value is not None}


def expected(engine: Engine, events: list[dict[str, Any]], sources: list[LogSource | None]) -> Hits:
    """The rows for which rules hold."""
    found = [engine.match(event, source or LogSource()) for event, source in zip(events, sources, strict=True)]
    return [(row, rules) for row, rules in enumerate(found) if rules]


def program_of(*detections: str) -> Program:
    """Rules for the product p."""
    head = "title: T\nlogsource: {product: p}\ndetection:\n"
    program = compile_rules([(str(place), f"{head}  {text}") for place, text in enumerate(detections)])
    assert not [rule.problem for rule in program.rules if rule.problem]
    return program
