"""Files of values for placeholders are read whole or refused with their line and what to write."""

from __future__ import annotations

import pytest

from accord.intake import placeholders
from accord.intake.placeholders import NoValues, read


def test_names_have_lists_of_values() -> None:
    data = "\ufeffpeople: [bob, 7, 0.5]\n'%hosts%': a\n".encode()
    assert read(data) == {"people": ["bob", "7", "0.5"], "hosts": ["a"]}


@pytest.mark.parametrize(
    "data",
    [
        b"people", b"", b"people: []", b"people: [{a: 1}]", b"- ann", b"1: a", b"people: \xff", b"people: [true]",
        b"a: &x [b]\nc: [*x, *x]",
    ],
)  # fmt: skip
def test_what_names_no_values_is_refused(data: bytes) -> None:
    with pytest.raises(NoValues) as told:
        read(data)
    assert told.value.problem
    assert "Administrators: [ann, bob]" in told.value.remedy


def test_a_broken_file_is_told_with_its_line() -> None:
    with pytest.raises(NoValues) as told:
        read(b"a: [b]\nc: [d\ne: f\n")
    assert told.value.line == 3


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placeholders, "LARGEST", 10)
    with pytest.raises(NoValues, match="too large"):
        read(b"people: [bob]")
