"""Words: how often in plain words, and a glossary that the documentation shows as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from accord.briefing.glossary import TERMS, plain_words
from accord.briefing.words import listed, often, units
from accord.engines.readability import assess


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        (None, "unknown"),
        (0.0, "never"),
        (1_234.0, "1,234 times a year"),
        (2.0, "2 times a year"),
        (1.0, "once a year"),
        (0.9, "once a year"),
        (0.5, "once in 24 months"),
        (0.2, "once in 5 years"),
        (0.1, "once in 10 years"),
        (0.03, "once in 30 years"),
        (0.001, "once in 1,000 years"),
    ],
)
def test_how_often(frequency: float | None, words: str) -> None:
    assert often(frequency) == words


def test_names_in_a_row_and_words_after_numbers() -> None:
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert (units(1, "entry"), units(2, "entry"), units(0, "goal")) == ("entry", "entries", "goals")


def test_the_glossary_in_the_documentation_is_the_one_in_the_code(repository: Path) -> None:
    text = (repository / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| (.+?) \| ?(.*?) ?\|$", text, re.MULTILINE)[2:]
    assert rows == [(term.name, term.meaning, term.plain) for term in TERMS]


def test_terms_are_in_order_once_and_their_plain_words_are_plain() -> None:
    names = [term.name.lower() for term in TERMS]
    assert names == sorted(set(names))
    for term in TERMS:
        assert term.meaning.endswith(".")
        assert not assess(term.plain, plain_words()).jargon, term
