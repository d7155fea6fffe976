"""Planning workbooks: every cell, key and reference is checked, and every fault is told with its place."""

from __future__ import annotations

import pytest

from accord.intake.planning import SHEETS, read_plan
from accord.intake.planning.sheets import BY_NAME
from accord.intake.scenarios import ScenarioError
from accord.outlet.tables import Sheet, write_workbook

PLAN = {
    "initiatives": "key,name,sponsor,duration_quarters\nSHOP,New shop,cio,2\nMFA,Second factor,ciso,1\n",
    "costs": "initiative,year,capital,running\nSHOP,1,100,10\nMFA,1,50,5\n",
    "goals": "key,weight\nGROW,1\n",
    "contributions": "initiative,goal,contribution\nSHOP,GROW,0.4\n",
    "scenarios": "key,loss\nOUT,1000\n",
    "effects": "initiative,scenario,frequency_low,frequency_mid,frequency_high\nMFA,OUT,0.1,0.3,0.5\n",
    "budgets": "year,capital,running\n2027,200,50\n",
}
HEAD = "key,sponsor,duration_quarters\n"
EFFECT = "initiative,scenario,frequency_low,frequency_mid,frequency_high\n"
SHARES = "initiative,goal,contribution\n"


def files(**changed: str) -> list[tuple[str, bytes]]:
    return [(f"{name}.csv", text.encode()) for name, text in {**PLAN, **changed}.items()]


def faults(**changed: str) -> list[str]:
    with pytest.raises(ScenarioError) as refused:
        read_plan(files(**changed), "folder")
    return list(map(str, refused.value.faults))


def test_short_and_full_names_of_sheets_mean_the_same() -> None:
    book = read_plan(files())
    assert [row.text("key") for row in book.rows["initiative"]] == ["SHOP", "MFA"]
    assert book.rows["initiative_cost"][0].amount("capital") == 100
    assert len(BY_NAME) == 2 * len(SHEETS)


def test_a_workbook_is_read_sheet_by_sheet() -> None:
    sheets = []
    for name, text in PLAN.items():
        head, *rows = (line.split(",") for line in text.splitlines())
        sheets.append(Sheet(name, head, [dict(zip(head, row, strict=True)) for row in rows]))
    book = read_plan([("plan.xlsx", write_workbook([*sheets, Sheet("notes", ["a"], [{"a": "b"}])]))])
    assert len(book.rows["initiative"]) == 2
    assert book.unread == ("notes",)


@pytest.mark.parametrize(
    ("sheet", "text", "told"),
    [
        ("initiatives", HEAD + "SHOP,cfo,2\nMFA,ciso,1\n", "row 2, column sponsor: “cfo” is none"),
        ("initiatives", HEAD + "SHOP,cio,13\nMFA,ciso,1\n", "column duration_quarters: 13 is out"),
        ("initiatives", HEAD + "SHOP,cio,1.5\nMFA,ciso,1\n", "1.5 is no whole number"),
        ("initiatives", HEAD + "SHOP,cio,\nMFA,ciso,1\n", "the cell is blank"),
        ("initiatives", "key,sponsor\nSHOP,cio\nMFA,ciso\n", "column duration_quarters: the column is missing"),
        ("initiatives", PLAN["initiatives"] + "MFA,Again,ciso,1\n", "the row is there twice (also row 3)"),
        ("contributions", SHARES + "SHOP,GROW,40\n", "40 is over 1. Write it as a share: 40 % is 0.4"),
        ("contributions", "initiative,goal,contribution\nSHOP,WIN,0.4\n", "column goal: there is no goal “WIN”"),
        ("costs", "initiative,year,capital,running\nSHOP,1,-5,0\n", "column capital: -5 is out of range"),
        ("costs", "initiative,year,capital,running,colour\nSHOP,1,5,0,red\n", "column colour: the sheet has no such"),
        ("costs", 'initiative,year,capital,running\nSHOP,1,"5,000",0\n', "“5,000” is not a number"),
        ("effects", EFFECT + "MFA,OUT,0.5,0.3,0.1\n", "wrong way"),
        ("effects", EFFECT + "MFA,OUT,,0.3,0.5\n", "only a part"),
        ("effects", "initiative,scenario,magnitude_low,magnitude_mid,magnitude_high\nMFA,OUT,1,1.2,1.3\n", "is over 1"),
        ("budgets", "year,capital,running\n", "the sheet budget is missing or has no row"),
        ("capacities", "skill,quarter,fte\nOps,Q1 2027,2\n", "“Q1 2027” is no quarter. Write it as 2027-Q1"),
        ("budgets", 'year,capital,running\n2027,"200', "a quote is opened"),
    ],
)  # fmt: skip
def test_faults_name_their_place_reason_and_remedy(sheet: str, text: str, told: str) -> None:
    found = faults(**{sheet: text})
    assert any(told in fault for fault in found), found
    if "missing or has no row" not in told:
        assert all(f"{sheet}.csv" in fault for fault in found)


def test_all_faults_are_told_and_mixed_currencies_are_one() -> None:
    found = faults(
        costs="initiative,year,capital,running,currency\nSHOP,1,100,10,EUR\nMFA,1,50,5,USD\n",
        contributions="initiative,goal,contribution\nSHOP,GROW,1.4\n",
    )
    assert len(found) == 2
    assert any("USD and EUR (costs.csv, row 2) are mixed" in fault for fault in found)


def test_a_sheet_in_two_files_is_refused() -> None:
    with pytest.raises(ScenarioError, match="there twice"):
        read_plan([*files(), ("budget.csv", PLAN["budgets"].encode())])
