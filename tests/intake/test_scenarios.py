"""Scenarios from tables and from other tools: what each file says, and every fault with its place and remedy."""

from __future__ import annotations

import csv
import gzip
import json
import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from accord_intake import FILES

from accord.intake.scenarios import FORMATS, Fault, ScenarioError, ScenarioFile, StatedScenario, read_scenarios, tree
from accord.intake.scenarios.laws import AMOUNTS, FREQUENCIES, Z95
from accord.outlet.tables import Sheet, write_workbook

HERE = FILES / "scenarios"


def read(name: str, stage: str = "current") -> ScenarioFile:
    return read_scenarios(HERE / name, stage=stage)


def faults(data: str | bytes | Path, stage: str = "current") -> tuple[Fault, ...]:
    origin = data if isinstance(data, Path) else BytesIO(data.encode() if isinstance(data, str) else data)
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(origin, None if isinstance(data, Path) else "t.csv", stage)
    assert all(fault.reason and fault.remedy for fault in refused.value.faults)
    return refused.value.faults


def by_key(found: ScenarioFile) -> dict[str, StatedScenario]:
    return {one.key: one for one in found.scenarios}


FORMAT_OF = {
    "accord.csv": "accord", "wide.csv": "accord", "fair.csv": "fair", "fair-forms.csv": "fair", "fair-tree.csv": "fair",
    "riskquant.csv": "riskquant", "model.pyfair.json": "pyfair", "meta.pyfair.json": "pyfair",
    "hypotheses.ciso-assistant.json": "ciso-assistant", "backup.ciso-assistant.json": "ciso-assistant",
}  # fmt: skip


@pytest.mark.parametrize("name", FORMAT_OF)
def test_a_format_is_told_by_its_content_whatever_the_name(name: str, tmp_path: Path) -> None:
    other = tmp_path / "anything.bin"
    other.write_bytes((HERE / name).read_bytes())
    assert read_scenarios(other).format == FORMAT_OF[name]
    assert {one.name for one in FORMATS} >= set(FORMAT_OF.values())


def test_a_table_can_name_every_law() -> None:
    found = read("accord.csv")
    assert found.currency == "EUR"
    forms = [form for one in found.scenarios for form in one.forms]
    assert {one.frequency.name for one in found.scenarios} == set(FREQUENCIES)
    assert {form.law.name for form in forms} == set(AMOUNTS)
    ransom = by_key(found)["RANSOM"]
    assert [form.name for form in ransom.forms] == ["productivity", "response", "fines"]
    assert (ransom.forms[1].deductible, ransom.forms[1].limit, ransom.forms[2].probability) == (50000, 400000, 0.3)
    sigma = ransom.forms[2].law.number("sigma")
    assert math.exp(ransom.forms[2].law.number("mu") + Z95 * sigma) == pytest.approx(900000)
    gamma = by_key(found)["OUTAGE"].forms[0].law
    assert gamma.number("shape") * gamma.number("scale") == pytest.approx(40000)
    assert math.sqrt(gamma.number("shape")) * gamma.number("scale") == pytest.approx(30000)


def test_mean_and_deviation_of_a_lognormal_are_kept() -> None:
    text = "scenario,frequency_law,frequency_mean,law,mean,sd\nA,poisson,1,lognormal,50000,80000\n"
    law = read_scenarios(BytesIO(text.encode()), "t.csv").scenarios[0].forms[0].law
    mu, sigma = law.number("mu"), law.number("sigma")
    assert math.exp(mu + sigma**2 / 2) == pytest.approx(50000)
    assert math.sqrt(math.expm1(sigma**2)) * 50000 == pytest.approx(80000)


def test_forms_of_loss_may_be_columns() -> None:
    found = by_key(read("wide.csv"))
    assert [form.name for form in found["RANSOM"].forms] == ["productivity", "fines"]
    assert found["RANSOM"].forms[1].probability == 0.25
    assert [form.name for form in found["OUTAGE"].forms] == ["productivity"]


def test_a_sheet_of_a_workbook_is_a_table() -> None:
    rows = list(csv.DictReader((HERE / "fair.csv").read_text(encoding="utf-8").splitlines()))
    book = write_workbook([Sheet("notes", ["a"], [{"a": "b"}]), Sheet("risks", list(rows[0]), rows)])
    assert read_scenarios(BytesIO(book), "risks.xlsx").scenarios == read("fair.csv").scenarios
    assert faults(book[:300])[0].remedy


def company(**changed: list[dict[str, str]]) -> bytes:
    interval = {"frequency_low": "1", "frequency_mid": "2", "frequency_high": "4"}
    effect = {"magnitude_low": "0.1", "magnitude_mid": "0.25", "magnitude_high": "0.5"}
    tables = {
        "scenario": [
            {"key": "OUT", "name": "Outage", "threat": "failure", **interval},
            {"key": "NEW", "name": "Not known yet", "threat": "failure", **dict.fromkeys(interval, "")},
        ],
        "scenario_loss": [{"scenario": "OUT", "form": "response", "low": "1000", "mid": "2000", "high": "9000"}],
        "control": [{"key": "A", "name": "A", "state": "operating"}, {"key": "B", "name": "B", "state": "planned"}],
        "control_effect": [{"control": key, "scenario": "OUT", **effect} for key in ("A", "B")],
        "unit": [{"key": "U", "name": "One"}],
        **changed,
    }
    return write_workbook([Sheet(name, list(rows[0]), rows) for name, rows in tables.items()])


def test_the_workbook_of_a_company_counts_operating_controls_and_names_what_is_unknown() -> None:
    found = read_scenarios(BytesIO(company()), "company.xlsx")
    assert [one.key for one in found.scenarios] == ["OUT"]
    assert dict(found.scenarios[0].frequency.parameters) == {"low": 1, "mid": 2, "high": 4}
    assert dict(found.scenarios[0].forms[0].law.parameters) == {"low": 750, "mid": 1500, "high": 6750}
    assert any("NEW is in no figure" in note for note in found.notes)
    wrong = [{"scenario": "GONE", "form": "response", "low": "3", "mid": "2", "high": "9"}]
    with pytest.raises(ScenarioError) as refused:
        read_scenarios(BytesIO(company(scenario_loss=wrong)), "company.xlsx")
    assert {fault.column for fault in refused.value.faults} == {"scenario", "low"}


def test_every_fault_is_told_at_once_with_its_row_and_column() -> None:
    told = [(fault.row, fault.column) for fault in faults(HERE / "faults.csv")]
    assert told == [
        ("2", "frequency_mean"), ("2", "mid"), ("3", "frequency_law"), ("3", "currency"),
        ("4", "frequency_probability"), ("4", "sd"), ("5", "mean"), ("5", "currency"), ("6", "alpha"), ("7", "mean"),
    ]  # fmt: skip
    texts = [str(fault) for fault in faults(HERE / "faults.csv")]
    assert any("wrong way round" in text for text in texts)
    assert any("USD and EUR" in text for text in texts)
    assert any("30 is over 1" in text and "0.3" in text for text in texts)


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        ("A,,1,2,3,,1,2,3\nA,,1,2,4,x,1,2,3", "3", "frequency_high"),
        ("A,,1,2,3,,1,2,3\nA,,,,,,1,2,3", "3", "form"),
        (",,1,2,3,,1,2,3", "2", "scenario"),
        ("A,,0,2,3,,1,2,3", "2", "frequency_low"),
        ("A,,1,2,3,,1,2,2e9", "2", "high"),
        ("A,,1,2,3,,-1,2,3", "2", "low"),
        ("A,,1,2,3,,1,,3", "2", "mid"),
        ("A,,,,,,1,2,3", "2", "frequency_low"),
        ("A,,1,2,3,,nan,2,3", "2", "low"),
        ("A,,1,2,3,,1,2,1e400", "2", "high"),
        ("A,,1e6,2e6,3e6,,1,2,3", "2", "frequency_high"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_or_is_missing_is_refused(rows: str, row: str, column: str) -> None:
    head = "scenario,frequency_law,frequency_low,frequency_mid,frequency_high,form,low,mid,high\n"
    assert (row, column) in [(fault.row, fault.column) for fault in faults(head + rows + "\n")]


def test_unknown_columns_empty_tables_and_other_files_are_refused() -> None:
    assert faults("scenario,frequency_mean,loww\nA,1,1\n")[0].column == "loww"
    assert "no scenario" in faults("scenario,frequency_mean,low\n")[0].reason
    assert "no format" in faults("a,b\n1,2\n")[0].reason
    assert "empty" in faults("")[0].reason
    assert "no format" in faults("{}")[0].reason
    assert faults(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....")[0].remedy


def test_a_heavy_tail_without_a_mean_is_taken_only_with_a_limit() -> None:
    head = "scenario,frequency_law,frequency_mean,law,minimum,alpha,limit\n"
    assert faults(head + "A,poisson,1,pareto,1000,0.8,\n")[0].column == "alpha"
    assert read_scenarios(BytesIO((head + "A,poisson,1,pareto,1000,0.8,90000\n").encode()), "t.csv").scenarios


# FAIR


def test_frequency_and_magnitude_of_a_fair_table_have_their_moments() -> None:
    found = by_key(read("fair.csv"))["Ransomware at the warehouse"]
    mean, square = tree.moments(tree.Factor({"low": 1, "mode": 2, "high": 5}, ""))
    assert mean == pytest.approx((1 + 8 + 5) / 6)
    assert found.frequency.number("mean") == pytest.approx(mean * 0.2)
    assert found.frequency.number("variance") == pytest.approx(mean * 0.2 + (square - mean**2) * 0.04)
    assert [(form.name, form.probability) for form in found.forms] == [("primary", 1.0), ("secondary", 0.1)]
    assert dict(found.forms[1].law.parameters) == {"low": 1e5, "mid": 5e5, "high": 4e6, "shape": 4.0}


def test_a_certain_rate_is_a_poisson_count() -> None:
    text = "scenario,lef,lm_min,lm_ml,lm_max\nA,0.3,1,2,3\n"
    frequency = read_scenarios(BytesIO(text.encode()), "t.csv").scenarios[0].frequency
    assert (frequency.name, frequency.number("mean")) == ("poisson", 0.3)


def test_forms_of_loss_of_a_fair_table_keep_their_side() -> None:
    forms = read("fair-forms.csv").scenarios[0].forms
    assert [form.name for form in forms] == ["primary productivity", "primary response", "secondary fines"]
    assert forms[2].probability == pytest.approx((0.05 + 4 * 0.2 + 0.5) / 6)


def test_vulnerability_is_the_chance_that_capability_exceeds_strength() -> None:
    """Against draws of both laws, within four standard errors."""
    rng = np.random.default_rng(5)

    def draw(low: float, mode: float, high: float) -> Any:
        a, b = 1 + 4 * (mode - low) / (high - low), 1 + 4 * (high - mode) / (high - low)
        return low + (high - low) * rng.beta(a, b, 400_000)

    share = (draw(0.2, 0.5, 0.9) > draw(0.4, 0.7, 0.95)).mean()
    found = read("fair-tree.csv").scenarios[0].frequency.number("mean") / (25.0 * 0.25)
    assert found == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 400_000))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("scenario,lef_min,lef_ml,lef_max,lm_min,lm_ml,lm_max\nA,3,2,1,1,2,3\n", "wrong way round"),
        ("scenario,lef_min,lef_ml,lef_max,lm_min,lm_ml,lm_max\nA,1,,3,1,2,3\n", "missing"),
        ("scenario,tef,vuln,lm_min,lm_ml,lm_max\nA,1,1.2,1,2,3\n", "over 1"),
        ("scenario,tef,lm_min,lm_ml,lm_max\nA,1,1,2,3\n", "V is missing"),
        ("scenario,lef,tef,lm\nA,1,2,3\n", "from which it is computed"),
        ("scenario,lef,pl,slem\nA,1,2,3\n", "no frequency"),
        ("scenario,lef,pl,slef\nA,1,2,0.3\n", "no magnitude"),
        ("scenario,lef,pl,lm\nA,1,2,3\n", "a part of it"),
        ("scenario,lef,lm_mean,lm_sd\nA,1,2,3\n", "below 0"),
        ("scenario,lef,lm\nA,1,2\nA,1,2\n", "twice"),
        ("scenario,lef,lm,colour\nA,1,2,red\n", "no factor"),
        ("lef,lm\n1,2\n", "names the scenario"),
        ("scenario,tef,vuln,lm\nA,1e8,0.5,2\n", "more than 1,000,000"),
    ],
)
def test_fair_tables_that_do_not_suffice_are_refused(text: str, reason: str) -> None:
    assert reason in " | ".join(fault.reason for fault in faults(text))


def test_riskquant_rows_are_poisson_and_lognormal() -> None:
    found = read("riskquant.csv")
    assert [one.key for one in found.scenarios] == ["LAPTOP", "LAPTOP (2)"]
    one = found.scenarios[0]
    mu, sigma = one.forms[0].law.number("mu"), one.forms[0].law.number("sigma")
    assert (one.frequency.name, one.frequency.number("mean")) == ("poisson", 0.1)
    # riskquant documents 40,400 a year for a tenth of this rate and ten times this range.
    assert 0.1 * math.exp(mu + sigma**2 / 2) == pytest.approx(40_400, rel=1e-3)


# pyfair


def test_the_beta_law_of_pyfair_is_kept_exactly() -> None:
    """Mean and variance of the PERT law that is read are those that pyfair computes from the same numbers."""
    law = read("model.pyfair.json").scenarios[0].forms[0].law
    low, mid, high, shape = (law.number(name) for name in ("low", "mid", "high", "shape"))
    mean = (low + shape * mid + high) / (shape + 2)
    assert mean == pytest.approx((40_000 + 4 * 90_000 + 300_000) / 6)
    assert (mean - low) * (high - mean) / (shape + 3) == pytest.approx(((300_000 - 40_000) / 6) ** 2)


def test_a_model_of_pyfair_is_one_scenario() -> None:
    one = read("model.pyfair.json").scenarios[0]
    assert one.frequency.number("mean") == pytest.approx((2 + 24 + 20) / 6 * 0.2, rel=1e-4)
    assert [(form.name, form.law.name, form.probability) for form in one.forms] == [
        ("primary", "pert", 1.0), ("secondary", "empirical", 0.25),
    ]  # fmt: skip
    assert [one.key for one in read("meta.pyfair.json").scenarios] == ["Portal", "Warehouse"]


def test_moments_of_a_normal_law_are_those_of_the_cut_one() -> None:
    rng = np.random.default_rng(8)
    for mean, sd, share in ((0.3, 0.5, False), (0.7, 0.4, True), (-0.1, 0.2, False)):
        drawn = np.clip(rng.normal(mean, sd, 1_000_000), 0.0, 1.0 if share else np.inf)
        found = tree.moments(tree.Factor({"mean": mean, "stdev": sd}, ""), share)
        assert found == pytest.approx((drawn.mean(), (drawn**2).mean()), rel=6e-3)


def _changed(name: str, change: Callable[[Any], None]) -> bytes:
    data = json.loads((HERE / name).read_text(encoding="utf-8"))
    change(data)
    return json.dumps(data).encode()


def test_models_that_cannot_be_taken_are_refused_by_name() -> None:
    def deprecated(data: Any) -> None:
        data["multi_Loss Event Frequency"] = {}

    def normal(data: Any) -> None:
        data["Primary Loss"] = {"mean": 5, "stdev": 2}

    for change, reason in ((deprecated, "deprecated"), (normal, "normal law")):
        fault = faults(_changed("model.pyfair.json", change))[0]
        assert reason in fault.reason and "Portal breached" in fault.row


# CISO Assistant


def test_the_current_stage_of_ciso_assistant_is_read_unless_another_is_asked_for() -> None:
    found = read("hypotheses.ciso-assistant.json")
    assert (found.currency, [one.key for one in found.scenarios]) == ("EUR", ["Ransomware", "Leak"])
    one = found.scenarios[0]
    law = one.forms[0].law
    assert (one.frequency.name, one.frequency.number("probability")) == ("bernoulli", 0.2)
    assert math.exp(law.number("mu") - Z95 * law.number("sigma")) == pytest.approx(50_000)
    assert math.exp(law.number("mu") + Z95 * law.number("sigma")) == pytest.approx(900_000)
    left = read("hypotheses.ciso-assistant.json", "residual")
    assert [one.frequency.number("probability") for one in left.scenarios] == [0.05]
    assert "inherent" in faults(HERE / "hypotheses.ciso-assistant.json", "inherent")[0].reason


@pytest.mark.parametrize("packed", [False, True])
def test_a_backup_of_ciso_assistant_gives_its_scenarios_and_currency(packed: bool) -> None:
    data = (HERE / "backup.ciso-assistant.json").read_bytes()
    found = read_scenarios(BytesIO(gzip.compress(data) if packed else data), "backup.json")
    assert (found.currency, [one.name for one in found.scenarios]) == ("GBP", ["Ransomware"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.update(next="/api/crq/quantitative-risk-hypotheses/?limit=2&offset=2"), "one page"),
        (lambda d: d["results"][0].update(probability=None), "not stated"),
        (lambda d: d["results"][0].update(probability=20), "between 0 and 1"),
        (lambda d: d["results"][0].update(impact=None), "bounds"),
        (lambda d: d["results"][0]["impact"].update(lb=900000, ub=50000), "wrong way round"),
        (lambda d: d["results"][0]["impact"].update(distribution="PERT"), "PERT"),
    ],
)
def test_hypotheses_with_something_missing_are_refused(change: Callable[[Any], None], reason: str) -> None:
    assert reason in " | ".join(map(str, faults(_changed("hypotheses.ciso-assistant.json", change))))
