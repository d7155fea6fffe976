"""Findings from any table or list by a mapping, and Accord's own list of findings."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from accord_intake import Read
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from accord.intake import own
from accord.intake.mapped import Mapping, MappingError, columns_of, convert, guess, preview
from accord.intake.mapped.spec import signature
from accord.intake.records import IntakeError
from accord.intake.safe.source import Source

CSV = b"""Asset Name;IP Address;CVE;Vulnerability Name;Risk Rating;CVSS Score;Port;Last Seen;References
web-1.invented.example;10.1.1.1;CVE-2026-1;Old library;Urgent;9,8;443;2026-11-01;https://a.example https://b.example
web-1.invented.example;10.1.1.1;;Weak cipher;medium;5.0;443;2026-11-01;
db-1.invented.example;10.1.1.2;cve-2026-1;Old library;Urgent;nine;;2026-11-01;
;;CVE-2026-2;Nobody's;low;;;2026-11-01;
"""
MAPPING = replace(
    guess(columns_of("export.csv", CSV).names, "Invented Scanner"),
    values={"severity": {"urgent": "critical"}}, separator=" ",
)  # fmt: skip


def records(data: bytes) -> Read:
    return Read(own.read(Source(io.BytesIO(data), name="own.json")))


def converted(data: bytes, mapping: Mapping, file: str = "export.csv") -> tuple[Any, Read]:
    out = io.BytesIO()
    done = convert(file, data, mapping, out)
    return done, records(out.getvalue())


def test_columns_are_guessed_by_their_names() -> None:
    assert MAPPING.fields == {
        "id": "cve", "title": "vulnerability_name", "severity": "risk_rating", "cvss_score": "cvss_score",
        "target_name": "asset_name", "address": "ip_address", "port": "port", "seen_at": "last_seen",
        "references": "references",
    }  # fmt: skip


def test_rows_become_findings_and_what_cannot_is_told_by_row_and_column() -> None:
    shown = preview("export.csv", CSV, MAPPING)
    assert (shown.rows, len(shown.findings)) == (4, 2)
    assert [(one.row, one.column) for one in shown.refused] == [(4, "cvss_score"), (5, "asset_name")]
    done, read = converted(CSV, MAPPING)
    assert (done.findings, done.refused_rows, done.unmapped) == (2, 2, {})
    first, second = read.observations
    assert (first.definition_id, first.severity, first.cvss_score, first.port) == ("CVE-2026-1", "critical", 9.8, 443)
    assert first.references == ("https://a.example", "https://b.example")
    assert (second.definition_id, second.severity) == ("invented-scanner:Weak cipher", "medium")
    (target,) = read.targets
    assert target.addresses == ("10.1.1.1",)
    assert read.headers[0].scanner == "Invented Scanner"


def test_nothing_is_covered_unless_the_file_is_said_to_be_whole() -> None:
    _, read = converted(CSV, MAPPING)
    one = read.observations[0]
    assert [cover.covers(one.check, one.group) for cover in read.coverages] == [None]
    _, read = converted(CSV, replace(MAPPING, whole=True))
    assert [cover.covers(one.check, one.group) for cover in read.coverages] == [True]
    assert [cover.covers("other-scanner:x", "other-scanner") for cover in read.coverages] == [None]


def test_a_workbook_gives_the_same_as_the_csv() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in CSV.decode().strip().splitlines():
        sheet.append(line.split(";"))
    out = io.BytesIO()
    book.save(out)
    _, read = converted(out.getvalue(), MAPPING, "export.xlsx")
    assert read.observations == converted(CSV, MAPPING)[1].observations


def test_json_rows_are_found_and_nested_names_are_joined() -> None:
    rows = [
        {
            "vuln": {"cve": "CVE-2026-3", "title": "Deep"},
            "asset": {"hostname": "a.invented.example"},
            "cwe": ["79", "80"],
        },
        {"vuln": {"cve": "CVE-2026-4", "title": "Deeper"}, "asset": {"hostname": "b.invented.example"}, "cwe": []},
    ]
    data = json.dumps({"meta": {"n": 2}, "data": {"items": rows}}).encode()
    columns = columns_of("export.json", data)
    assert columns.list_path == "data.items"
    mapping = replace(guess(columns.names, "api"), list_path=columns.list_path)
    assert mapping.fields["id"] == "vuln.cve"
    _, read = converted(data, mapping, "export.json")
    assert [one.definition_id for one in read.observations] == ["CVE-2026-3", "CVE-2026-4"]
    assert read.observations[0].cwes == ("CWE-79", "CWE-80")


def test_a_word_for_severity_that_nobody_explained_stays_unknown() -> None:
    data = b"host,title,severity\na.example,Bad thing,purple\n"
    mapping = guess(["host", "title", "severity"], "x")
    done, read = converted(data, mapping)
    assert done.unmapped == {"purple": 1}
    assert read.observations[0].severity is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scanner": " "}, "scanner"),
        ({"fields": {"id": "cve"}}, "target_name"),
        ({"fields": {"target_name": "asset_name"}}, "title"),
        ({"fields": {"colour": "cve"}}, "colour"),
        ({"target_kind": "planet"}, "target_kind"),
        ({"values": {"severity": {"urgent": "purple"}}}, "severity"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_which_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(MappingError) as told:
        preview("export.csv", CSV, replace(MAPPING, **change))
    assert told.value.field == field
    assert told.value.remedy


def test_a_mapping_survives_being_kept() -> None:
    assert Mapping.of(json.loads(json.dumps(MAPPING.as_json()))) == MAPPING
    for broken in (None, [], {"fields": []}, {"scanner": "x", "color": 1}, {"scanner": "x", "fields": {}}):
        with pytest.raises(MappingError):
            Mapping.of(broken)


def test_a_file_is_known_again_by_its_columns() -> None:
    assert signature(["A", "b "]) == signature(["B", "a"]) != signature(["a", "c"])


def test_a_file_of_which_nothing_can_be_read_is_refused() -> None:
    with pytest.raises(IntakeError, match="row 2"):
        convert("x.csv", b"host,title\n,bad\n", guess(["host", "title"], "x"), io.BytesIO())
    with pytest.raises(IntakeError):
        columns_of("x.csv", b"host,title\n")
    with pytest.raises(IntakeError):
        columns_of("x.json", b'{"a": 1}')


def test_the_own_list_says_what_is_wrong_with_an_entry() -> None:
    target = {"kind": "host", "name": "a.example"}
    rows: list[Any] = [
        {"target": target, "title": "good", "severity": "high", "analysis": "not_affected"},
        {"target": target, "title": "bad", "severity": "purple"},
        {"target": {"kind": "planet", "name": "x"}, "title": "bad"},
        {"title": "bad"},
        {"target": target},
        {"target": target, "title": "bad", "cvss_score": 11},
    ]
    read = records(json.dumps({"accord_findings": 1, "scanner": "s", "findings": rows}).encode())
    assert [one.title for one in read.observations] == ["good"]
    assert [one.field for one in read.refusals] == ["severity", "target.kind", "target", "title", "cvss_score"]
    assert read.observations[0].analysis == "not_affected"
    for broken in ({"accord_findings": 2}, {"accord_findings": 1, "findings": [], "scanner": "late"}):
        with pytest.raises(IntakeError):
            records(json.dumps(broken).encode())


def test_targets_without_a_finding_are_told() -> None:
    data = {"accord_findings": 1, "whole": True, "targets": [{"name": "a.example"}], "findings": []}
    read = records(json.dumps(data).encode())
    assert [one.name for one in read.targets] == ["a.example"]
    assert len(read.coverages) == 1


def _damaged(cut: int, junk: bytes) -> bytes:
    return CSV[:cut] + junk + CSV[cut:]


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300)
    | st.builds(lambda cut, junk: CSV[:cut] + junk + CSV[cut:], st.integers(0, 400), st.binary(max_size=6))
)
def test_damaged_tables_end_in_a_refusal_or_in_findings(data: bytes) -> None:
    try:
        columns = columns_of("x", data)
        mapping = replace(guess(columns.names, "x"), list_path=columns.list_path)
        out = io.BytesIO()
        convert("x", data, mapping, out)
    except (IntakeError, MappingError) as error:
        assert error.remedy
        return
    assert records(out.getvalue()).refusals == []
