"""Words that YAML 1.1 takes for truth values, where a rule means names."""

from __future__ import annotations

import pytest

from accord.engines.sigma import Engine, compile_rules

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
