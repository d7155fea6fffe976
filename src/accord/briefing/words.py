"""Figures as a board reads them: how often, how much, in whose hands."""

from __future__ import annotations


def often(frequency: float | None) -> str:
    """Events a year in words: 12 → “12 times a year”, 0.2 → “once in 5 years”; None → unknown."""
    if frequency is None or frequency < 0:
        return "unknown"
    if frequency == 0:
        return "never"
    if frequency >= 1.5:
        return f"{frequency:,.0f} times a year"
    if frequency > 0.85:
        return "once a year"
    years = 1.0 / frequency
    if years < 2.5:
        return f"once in {round(years * 12):.0f} months"
    if years < 20:
        return f"once in {years:.0f} years"
    rounded = round(years, -1) if years < 200 else round(years, -2)
    return f"once in {rounded:,.0f} years"


def units(number: int | None, singular: str) -> str:
    """The word after a number: 1 → system, 0 or 2 → systems, entry → entries."""
    if number == 1:
        return singular
    return f"{singular[:-1]}ies" if singular.endswith("y") else f"{singular}s"


def listed(names: list[str]) -> str:
    """Names in a row: “a, b and c”."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
