"""Damaged and hostile files of scenarios and plans end in told faults or in well-formed records, in nothing else."""

from __future__ import annotations

import json
import math
import os
from io import BytesIO
from typing import Any

import pytest
from accord_intake import FILES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.intake.planning import SHEETS, read_plan
from accord.intake.safe.limits import Limits
from accord.intake.scenarios import ScenarioError, read_scenarios
from accord.intake.scenarios.laws import AMOUNTS, FREQUENCIES

HERE = FILES / "scenarios"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))  # more of them: slower, deeper
CONTENT = {path.name: path.read_bytes() for path in sorted(HERE.iterdir())}
LIMITS = Limits(seconds=30.0)
THOROUGH = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
PIECES = st.sampled_from(
    [b"", b"\x00", b"\xff", b"{", b"}", b"[", b"]", b'"', b",", b":", b";", b"\n", b"-1", b"1e999", b"1e300", b"NaN",
     b"null", b"{}", b"[]", b"999999999999999999999", b"0", b"%", b"=", b"true", b"\xef\xbb\xbf", b"low", b"_"]
) | st.binary(max_size=4)  # fmt: skip
CELLS = st.sampled_from(
    ["", "0", "1", "-1", "0.5", "1e18", "1e-300", "1e300", "nan", "inf", "x", "EUR", "USD", "5 % = 1; 95 % = 2", "1; 2",
     "range", "pert", "pareto", "gamma", "lognormal", "constant", "metalog", "poisson", "binomial", "=1+1", "\u202e"]
)  # fmt: skip
NUMBERS = st.sampled_from([0, 1, -1, 0.5, 2, 1e18, 1e-300, 1e300, 10**400, None, "x", True, [], {}, [1, 2], [0]])


def check(data: bytes) -> None:
    try:
        found = read_scenarios(BytesIO(data), "fuzz", limits=LIMITS)
    except ScenarioError as error:
        assert error.faults
        for fault in error.faults:
            assert fault.reason and fault.remedy
            str(fault).encode("utf-8")
        return
    assert found.scenarios
    assert len({one.key for one in found.scenarios}) == len(found.scenarios)
    for one in found.scenarios:
        assert one.key and one.forms and one.frequency.name in FREQUENCIES
        for form in one.forms:
            assert form.law.name in AMOUNTS
            assert 0 <= form.probability <= 1 and form.deductible >= 0
        for law in (one.frequency, *(form.law for form in one.forms)):
            for value in law.parameters.values():
                if isinstance(value, float):
                    assert math.isfinite(value)


@THOROUGH
@given(st.data())
def test_damaged_files(draw: st.DataObject) -> None:
    data = CONTENT[draw.draw(st.sampled_from(sorted(CONTENT)))]
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data)))
        end = min(len(data), at + draw.draw(st.sampled_from([0, 0, 1, 2, 5, 40])))
        data = data[:at] + draw.draw(PIECES) + data[end:]
    check(data)


@THOROUGH
@given(st.lists(st.lists(CELLS, min_size=9, max_size=9), min_size=1, max_size=4), st.booleans())
def test_any_cells(rows: list[list[str]], fair: bool) -> None:
    if fair:
        head = "scenario,lef_min,lef_ml,lef_max,slef,slem,pl_min,pl_ml,pl_max"
    else:
        head = "scenario,frequency_law,frequency_mean,law,low,mid,high,alpha,quantiles"
    lines = [head] + [",".join([f"S{n}", *row[1:]]) for n, row in enumerate(rows)]
    check("\n".join(lines).encode())


@THOROUGH
@given(st.dictionaries(st.sampled_from(["low", "mode", "high", "gamma", "mean", "stdev", "constant", "raw"]), NUMBERS),
       st.dictionaries(st.sampled_from(["low", "mode", "high", "gamma", "constant", "raw"]), NUMBERS))  # fmt: skip
def test_any_factors_of_pyfair(frequency: dict[str, Any], amount: dict[str, Any]) -> None:
    model = {"Loss Event Frequency": frequency, "Loss Magnitude": amount, "name": "M", "type": "FairModel"}
    tree = {"Contact Frequency": {"constant": 2}, "Probability of Action": {"constant": 0.5}, "Primary Loss": amount}
    check(json.dumps(model).encode())
    check(
        json.dumps({**tree, "Threat Capability": frequency, "Control Strength": amount, "type": "FairModel"}).encode()
    )


@THOROUGH
@given(NUMBERS, NUMBERS, NUMBERS)
def test_any_hypotheses(probability: Any, low: Any, high: Any) -> None:
    row = {
        "quantitative_risk_scenario": {"str": "A", "id": "1"}, "risk_stage": "current", "probability": probability,
        "impact": {"distribution": "LOGNORMAL-CI90", "lb": low, "ub": high},
    }  # fmt: skip
    check(json.dumps({"results": [row]}).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 5_000_000,
        b'{"results":' + b"[" * 200_000,
        b'{"type":"FairModel","Loss Event Frequency":{"raw":[' + b"1," * 3_000_000 + b"1]}}",
        b"scenario,frequency_mean\n" + b"A," + b"9" * 3_000_000,
        b"scenario,frequency_mean," + b",".join(b"c%d" % n for n in range(5000)),
        b"scenario,frequency_mean,low\n" + b"A,1,1\n" * 60_000,
    ],
    ids=["depth", "inner-depth", "large-record", "large-cell", "many-columns", "many-rows"],
)
def test_hostile_sizes_are_refused(data: bytes) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(BytesIO(data), "hostile", limits=LIMITS)
    assert len(refused.value.faults) <= 201


@THOROUGH
@given(st.data())
def test_any_plan(draw: st.DataObject) -> None:
    """Cells drawn at random in every sheet: a told fault, or rows with values of the right kind."""
    files = []
    for sheet in draw.draw(st.lists(st.sampled_from(SHEETS), min_size=1, max_size=4, unique_by=lambda s: s.name)):
        names = [column.name for column in sheet.columns]
        cell = st.sampled_from(
            ["", "A", "B", "1", "0.5", "2", "-1", "2027-Q1", "2027", "cio", "yes", "requires", "1e9"]
        )
        rows = draw.draw(st.lists(st.lists(cell, min_size=len(names), max_size=len(names)), max_size=3))
        files.append((f"{sheet.name}.csv", "\n".join([",".join(names), *map(",".join, rows)]).encode()))
    try:
        book = read_plan(files)
    except ScenarioError as error:
        assert all(fault.reason and fault.remedy for fault in error.faults)
        return
    assert book.rows["initiative"] and book.rows["budget"]
