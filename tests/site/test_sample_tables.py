"""The sample company's tables: counts, references, shares, intervals, and that all of it is marked as invented."""

from __future__ import annotations

import csv
import hashlib
import ipaddress
import re
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from accord.site.sample import SampleCompany, generate
from accord.site.sample.generator import COLUMNS

Rows = list[dict[str, str]]

REFERENCES = {
    "parent": None,
    "owner": "person",
    "unit": "unit",
    "goal": "goal",
    "capability": "capability",
    "system": "system",
    "depends_on": "system",
    "it_owner": "person",
    "business_owner": "person",
    "asset": "asset",
    "initiative": "initiative",
    "other": "initiative",
    "control": "control",
    "scenario": "scenario",
}
SHARES = {
    "goal_capability": "goal",
    "capability_system": "capability",
    "system_asset": "system",
    "unit_system": "unit",
    "scenario_system": "scenario",
}
COUNTS = {"goal": 12, "unit": 25, "capability": 30, "system": 80, "asset": 2500, "scenario": 25, "initiative": 40}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> SampleCompany:
    return generate(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def tables(company: SampleCompany) -> dict[str, Rows]:
    found = {}
    for path in company.tables.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            found[path.stem] = list(reader)
            assert tuple(reader.fieldnames or ()) == COLUMNS[path.stem]
    return found


def _digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes(company: SampleCompany, tmp_path: Path) -> None:
    again = generate(tmp_path)
    assert _digests(again.folder) == _digests(company.folder)


def test_another_seed_gives_another_company(company: SampleCompany, tmp_path: Path) -> None:
    other = generate(tmp_path, seed=7)
    assert (other.tables / "asset.csv").read_bytes() != (company.tables / "asset.csv").read_bytes()


def test_writing_twice_into_a_folder_leaves_nothing_old(company: SampleCompany, tmp_path: Path) -> None:
    generate(tmp_path, seed=7)
    (tmp_path / "scans" / "old.xml").write_text("old")
    generate(tmp_path)
    assert _digests(tmp_path) == _digests(company.folder)


def test_the_paths_are_all_there_in_load_order(company: SampleCompany) -> None:
    assert company.paths[0] == company.tables
    assert all(path.exists() for path in company.paths)
    days = [re.findall(r"\d{4}-\d\d-\d\d", path.name)[-1] for path in company.scans]
    assert days == sorted(days)
    assert sum(path.stat().st_size for path in company.folder.rglob("*") if path.is_file()) < 40e6


def test_counts(tables: dict[str, Rows]) -> None:
    assert {noun: len(tables[noun]) for noun in COUNTS} == COUNTS
    assert set(tables) == set(COLUMNS)
    assert 140 <= len(tables["person"]) <= 180
    assert Counter(row["sponsor"] for row in tables["initiative"]) == {"cio": 20, "ciso": 20}
    assert len(tables["control"]) >= 20
    assert Counter(row["kind"] for row in tables["initiative_relation"])["excludes"] == 2
    assert sum(row["mandatory"] == "yes" for row in tables["initiative"]) == 2


def test_keys_are_unique_and_references_resolve(tables: dict[str, Rows]) -> None:
    keys = {noun: {row["key"] for row in rows} for noun, rows in tables.items() if "key" in rows[0]}
    for noun, rows in tables.items():
        if noun in keys:
            assert len(keys[noun]) == len(rows), noun
        for row in rows:
            for column, value in row.items():
                target = REFERENCES.get(column, "") or (noun if column == "parent" else "")
                if target and value:
                    assert value in keys[target], (noun, column, value)


def test_link_rows_are_there_once(tables: dict[str, Rows]) -> None:
    for noun in (*SHARES, "dependency", "initiative_goal", "control_effect", "initiative_effect"):
        first, second = COLUMNS[noun][:2]
        pairs = Counter((row[first], row[second]) for row in tables[noun])
        assert max(pairs.values()) == 1, noun


def test_shares_out_of_one_thing_sum_to_at_most_one(tables: dict[str, Rows]) -> None:
    for noun, column in SHARES.items():
        sums: dict[str, float] = defaultdict(float)
        for row in tables[noun]:
            assert 0 < float(row["share"]) <= 1
            sums[row[column]] += float(row["share"])
        assert max(sums.values()) <= 1 + 1e-9, noun
        assert min(sums.values()) < 1, f"{noun}: nothing is left over to show as not assigned"


def _by_goal(tables: dict[str, Rows]) -> dict[str, float]:
    """Effective weight of each leaf goal."""
    children: dict[str, Rows] = defaultdict(list)
    for row in tables["goal"]:
        children[row["parent"]].append(row)

    def weigh(parent: str, weight: float) -> dict[str, float]:
        if not children[parent]:
            return {parent: weight}
        total = sum(float(row["weight"]) for row in children[parent])
        found: dict[str, float] = {}
        for row in children[parent]:
            found |= weigh(row["key"], weight * float(row["weight"]) / total)
        return found

    return weigh("", 1.0)


def test_goals_are_weighed_and_carried(tables: dict[str, Rows]) -> None:
    leaves = _by_goal(tables)
    assert sum(leaves.values()) == pytest.approx(1)
    assert {row["goal"] for row in tables["goal_capability"]} == set(leaves)
    assert {row["goal"] for row in tables["initiative_goal"]} <= set(leaves)
    carried = {row["capability"] for row in tables["capability_system"]}
    assert carried == {row["key"] for row in tables["capability"]}


def test_some_systems_serve_no_goal_and_some_are_past_support(tables: dict[str, Rows]) -> None:
    serving = {row["system"] for row in tables["capability_system"]}
    idle = {row["key"] for row in tables["system"]} - serving
    assert idle == {"SYS-WMSARC", "SYS-ERPOLD", "SYS-EVENT", "SYS-FAX"}
    past = [row for row in tables["system"] if row["end_of_support"] and row["end_of_support"] < "2026-11-16"]
    assert 10 <= len(past) <= 30


def test_some_facts_are_unknown_on_purpose(tables: dict[str, Rows]) -> None:
    for column in ("rto_hours", "it_owner", "business_owner", "cost_per_year", "reach"):
        blank = sum(not row[column] for row in tables["system"])
        assert 0 < blank < 20, column
    assert [row["key"] for row in tables["goal"] if not row["owner"]] == ["G-EASY-PARTNER"]


def test_dependencies_have_no_loop(tables: dict[str, Rows]) -> None:
    needs: dict[str, set[str]] = defaultdict(set)
    for row in tables["dependency"]:
        needs[row["system"]].add(row["depends_on"])
    waiting = {row["key"] for row in tables["system"]}
    while waiting:
        free = {key for key in waiting if not needs[key] & waiting}
        assert free, f"a loop among {sorted(waiting)}"
        waiting -= free


def test_intervals_stand_in_order(tables: dict[str, Rows]) -> None:
    for row in tables["scenario"]:
        low, mid, high = (float(row[f"frequency_{level}"]) for level in ("low", "mid", "high"))
        assert 0 < low < mid < high
        assert "nvented" in row["source"]
    for row in tables["scenario_loss"]:
        assert 0 < float(row["low"]) < float(row["mid"]) < float(row["high"])
    for noun in ("control_effect", "initiative_effect"):
        for row in tables[noun]:
            for side in ("frequency", "magnitude"):
                values = [row[f"{side}_{level}"] for level in ("low", "mid", "high")]
                assert all(values) or not any(values), (noun, row)
                if all(values):
                    low, mid, high = map(float, values)
                    assert -1 <= low <= mid <= high <= 1, (noun, row)
                    assert noun == "initiative_effect" or low >= 0


def test_some_of_the_cio_s_initiatives_add_risk(tables: dict[str, Rows]) -> None:
    sponsor = {row["key"]: row["sponsor"] for row in tables["initiative"]}
    adding = {
        row["initiative"]
        for row in tables["initiative_effect"]
        if float(row["frequency_mid"] or 0) < 0 or float(row["magnitude_mid"] or 0) < 0
    }
    assert len(adding) >= 4
    assert {sponsor[key] for key in adding} == {"cio"}


def test_people_and_money_of_initiatives_fit_their_length(tables: dict[str, Rows]) -> None:
    length = {row["key"]: int(row["duration_quarters"]) for row in tables["initiative"]}
    for row in tables["initiative_people"]:
        assert int(row["quarter"]) <= length[row["initiative"]]
    for row in tables["initiative_cost"]:
        assert float(row["capital"]) >= 0 and float(row["running"]) >= 0
        if float(row["capital"]):
            assert (int(row["year"]) - 1) * 4 < length[row["initiative"]]
    skills = {row["skill"] for row in tables["capacity"]}
    assert {row["skill"] for row in tables["initiative_people"]} == skills
    assert [row["year"] for row in tables["budget"]] == ["2027", "2028", "2029", "2030", "2031"]
    asked = sum(float(row["capital"]) for row in tables["initiative_cost"])
    given = sum(float(row["capital"]) for row in tables["budget"])
    assert 0.4 <= given / asked <= 0.6


def test_requirements_have_no_loop(tables: dict[str, Rows]) -> None:
    needs = {row["initiative"]: row["other"] for row in tables["initiative_relation"] if row["kind"] == "requires"}
    for start in needs:
        seen = {start}
        while (start := needs.get(start, "")) != "":
            assert start not in seen
            seen.add(start)
    sponsor = {row["key"]: row["sponsor"] for row in tables["initiative"]}
    assert any(sponsor[one] != sponsor[other] for one, other in needs.items())


def test_addresses_are_private_or_for_documentation(tables: dict[str, Rows]) -> None:
    private = ipaddress.ip_network("10.0.0.0/8")
    shown = [ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
    seen: Counter[str] = Counter()
    for row in tables["asset"]:
        for text in filter(None, row["addresses"].split("; ")):
            address = ipaddress.ip_address(text)
            assert address in private or any(address in net for net in shown), text
            assert int(address) % 256 not in (0, 255)
            seen[text] += 1
        assert date.fromisoformat(row["first_seen"]) <= date.fromisoformat(row["last_seen"])
    assert max(seen.values()) == 1
    names = Counter(name for row in tables["asset"] for name in filter(None, row["hostnames"].split("; ")))
    assert max(names.values()) == 1
    assert {row["kind"] for row in tables["asset"]} == {
        "host", "repository", "account", "cloud_resource", "image", "device", "application",
    }  # fmt: skip


def test_all_is_marked_as_invented(company: SampleCompany, tables: dict[str, Rows]) -> None:
    assert "invented" in tables["unit"][0]["name"]
    assert all(row["email"].endswith("@veldrana.example") for row in tables["person"])
    for path in company.scans:
        assert "nvented" in path.read_text(encoding="utf-8"), path.name
    mail = re.compile(r"[\w.+-]+@([\w-]+\.)+[a-z]{2,}")
    for path in company.tables.glob("*.csv"):
        for found in mail.finditer(path.read_text(encoding="utf-8")):
            assert found.group().endswith(".example"), (path.name, found.group())


def test_one_account_per_role(company: SampleCompany, tables: dict[str, Rows]) -> None:
    roles = [user.role for user in company.users]
    assert roles == ["cio", "ciso", "analyst", "manager", "head", "auditor", "board", "staff", "admin"]
    people = {row["key"] for row in tables["person"]}
    for user in company.users:
        assert user.email.endswith("@veldrana.example")
        assert user.person in people or user.role == "admin"
    assert [user.scope for user in company.users if user.scope] == ["U-PHARMA"]


def test_the_import_takes_every_table(company: SampleCompany) -> None:
    from accord.intake.tables import read_tables

    for path in company.tables.glob("*.csv"):
        [table] = read_tables(path.name, path.read_bytes())
        assert tuple(table.columns) == COLUMNS[path.stem]
