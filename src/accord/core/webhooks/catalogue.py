"""The events that other programs can be told of."""

from __future__ import annotations

_events: dict[str, str] = {}


def declare(event: str, meaning: str) -> str:
    """Make an event known, with what it means in words; returns its name."""
    _events[event] = meaning
    return event


def declared() -> dict[str, str]:
    """Event → meaning, by name."""
    return dict(sorted(_events.items()))


TEST = declare("test", "Somebody tries the address out; nothing happened")
