"""How a statement writes its number."""

from __future__ import annotations

import pytest

from accord.core.statements import Statement, figure


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (4_213_000, "EUR", "EUR 4.21 M"), (999_600, "EUR", "EUR 1.00 M"), (42_130_000, "EUR", "EUR 42.1 M"),
        (980, "EUR", "EUR 980"), (12_345, "EUR", "EUR 12.3 k"), (-2_500_000, "EUR", "EUR -2.50 M"),
        (0.1234, "%", "12.3 %"), (0.5, "%", "50 %"), (1, "%", "100 %"), (0.0004, "%", "0.04 %"),
        (1234, "systems", "1,234 systems"), (0.0042, "events a year", "0.0042 events a year"), (2.5, "FTE", "2.5 FTE"),
        (0, "systems", "0 systems"),
    ],
)  # fmt: skip
def test_a_figure_has_its_unit_and_is_never_rounded_to_nothing(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text


def test_unknown_is_said_and_is_no_number() -> None:
    fact = Statement("k", "Loss", None, "EUR")
    assert fact.figure == "unknown"
    assert fact.as_json()["value"] is None


def test_an_interval_carries_its_unit_on_both_ends() -> None:
    assert Statement("k", "Loss", 5e6, "EUR", interval=(1e6, 9e6)).spread == "EUR 1.00 M to EUR 9.00 M"
