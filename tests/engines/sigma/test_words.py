"""Words: those that YAML 1.1 takes for truth values, where a rule means names; those that an expression needs."""

from __future__ import annotations

import re

import pytest

from accord.engines.sigma import Engine, compile_rules
from accord.engines.sigma.expressions import least_run, required_words

RULE = """
title: Protection turned off
id: 8f3c2c1e-6c43-4a6e-9d0b-5d4d3f1c2b7a
logsource: {{product: windows, service: windefend}}
detection:
  {name}: {{EventID: 5001}}
  condition: {name}
"""
CHANNEL = "Microsoft-Windows-Windows Defender/Operational"


@pytest.mark.parametrize("name", ["off", "on", "yes", "No"])
def test_a_name_that_yaml_reads_as_truth_value_is_refused(name: str) -> None:
    """Left to pySigma, its pipeline drops the condition, and the rule holds for every event of the channel."""
    program = compile_rules([("rule.yml", RULE.format(name=name))])
    assert "quotes" in program.rules[0].problem
    assert Engine(program).match({"Channel": CHANNEL, "EventID": 5000}) == ()


@pytest.mark.parametrize("name", ["'off'", '"on"', "selection"])
def test_in_quotes_it_is_a_name(name: str) -> None:
    program = compile_rules([("rule.yml", RULE.format(name=name))])
    assert not program.rules[0].problem
    engine = Engine(program)
    assert engine.match({"Channel": CHANNEL, "EventID": 5001}) == (0,)
    assert engine.match({"Channel": CHANNEL, "EventID": 5000}) == ()


@pytest.mark.parametrize(
    ("pattern", "flags", "words"),
    [
        (r"net\s+user", "", {"user"}),
        (r"net\s+user", "i", {"net"}),
        (r"(?i)net\s+user", "", {"net"}),
        (r"""\\[a-z]{1,9}\.[ "']{1}""", "", {". ", '."', ".'"}),
        (r"[aA]b[^c]de?", "", {"ab"}),
        (r"(?:abc|de)+x", "", {"abc", "de"}),
        (r"[a-z]{3}", "", set()),
        (r"(?:abc)?", "", set()),
    ],
)
def test_words_that_a_text_needs_for_an_expression(pattern: str, flags: str, words: set[str]) -> None:
    assert required_words(pattern, flags) == words


@pytest.mark.parametrize(
    "text", ["a USER", "net user", "NET USER", "\u212aelvin net", "x.' \\y.'", "AB-d", "dex", "ab"]
)
@pytest.mark.parametrize("pattern", [r"net\s+user", r"(?i)kelvin", r"""\\[a-z]{1,9}\.[ "']{1}""", r"[aA][bB][^c]de?"])
def test_a_text_that_matches_has_one_of_the_words(pattern: str, text: str) -> None:
    words = required_words(pattern, "")
    assert not re.search(pattern, text) or not words or any(word in text.lower() for word in words)


@pytest.mark.parametrize("text", ["é" * 9, "é" * 10, "é" * 9 + "\n" + "é" * 9, "\n" + "x" * 10, "\ud800" * 10, ""])
def test_characters_in_a_row_are_counted_as_hyperscan_counts_them(text: str) -> None:
    """The first is counted, the second says the same in a way that is not."""
    rule = "title: T\nlogsource: {product: linux}\ndetection: {s: {A|re: '%s'}, condition: s}\n"
    program = compile_rules([("1", rule % ".{10,}"), ("2", rule % "(?:.){10,}")])
    assert Engine(program).match({"A": text}) in ((), (0, 1))
    assert bool(Engine(program).match({"A": text})) == ("é" * 10 in text or len(text.strip("\n")) == 10)


def test_only_a_run_of_characters_is_counted() -> None:
    assert [least_run(*one) for one in ((".{7,}", ""), (".{7,}", "i"), (".{7,}", "d"), (".{7}", ""), (".{,7}", ""))] \
        == [7, 7, None, None, None]  # fmt: skip
