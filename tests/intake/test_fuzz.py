"""Damaged and altered files end in an IntakeError or in well-formed records, never in anything else."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import fields
from datetime import datetime
from io import BytesIO, StringIO
from typing import Any

import pytest
from accord_intake import FILES
from accord_samples import SAMPLES
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accord.intake.epss import read_epss
from accord.intake.fingerprint import fingerprint, grouping
from accord.intake.kev import read_kev
from accord.intake.records import (
    KINDS,
    SEVERITIES,
    Coverage,
    IntakeError,
    Observation,
    Record,
    ScanEnd,
    ScanHeader,
    Target,
)
from accord.intake.registry import FORMATS, read_scan
from accord.intake.safe.limits import Limits
from accord.intake.safe.source import Source

SCANS = tuple(SAMPLES)
XML_SCANS = tuple(name for name in SCANS if name.endswith((".xml", ".nessus")))
JSON_SCANS = tuple(name for name in SCANS if name.endswith((".json", ".sarif")))
CSV_SCANS = tuple(name for name in SCANS if name.endswith(".csv"))
LIMITS = Limits(seconds=30.0)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))  # more of them: slower, deeper
CONTENT = {name: (FILES / name).read_bytes() for name in (*SCANS, "kev.json", "epss.csv")}

PIECES = st.sampled_from(
    [b"", b"\x00", b"\xff", b"{", b"}", b"[", b"]", b'"', b",", b":", b"<", b">", b"/>", b"&", b"&a;", b"&#0;", b"]]>",
     b"<![CDATA[", b"<!--", b"<?x", b"-1", b"1e999", b"NaN", b"null", b"{}", b"[]", b'"\\ud800"', b"\\u0000", b"\\",
     b"999999999999999999999", b"\xef\xbb\xbf", b"..", b"%00", b"\xe2\x80\xae", b"true", b"<a", b"xmlns=''", b"cm:"]
) | st.binary(max_size=4)  # fmt: skip
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["CVE-2024-1", "1.4", "file://[", "\ud800", "https://a", "9" * 50, "../..", "0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "text", "uri", "ref"]), inner),
    max_leaves=6,
)  # fmt: skip
CELLS = st.text(max_size=8) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "99999999999",
        "1e9",
        "nan",
        "CVE-2024-1",
        "10.0.0.1",
        "::1",
        "a" * 3000,
        "\x00",
        "=1+1",
        "[",
        "://",
    ]
)
THOROUGH = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def check(records: list[Record]) -> None:
    """What every consumer may rely on."""
    targets: set[str] = set()
    open_scan = False
    for record in records:
        if isinstance(record, ScanHeader):
            assert not open_scan
            open_scan = True
        elif isinstance(record, ScanEnd):
            open_scan = False
        elif isinstance(record, Target):
            targets.add(record.identity)
            assert record.name
        elif isinstance(record, (Observation, Coverage)):
            assert record.target in targets
        if isinstance(record, Observation):
            assert record.definition_id
            assert record.title
            assert record.check
            assert record.kind in KINDS
            assert record.severity is None or record.severity in SEVERITIES
            assert record.cvss_score is None or 0.0 <= record.cvss_score <= 10.0
            assert record.port is None or 0 < record.port < 65536
            assert fingerprint(record, record.target).startswith("1:")
            assert grouping(record)
        for one in fields(record):
            plain(getattr(record, one.name))
    assert not open_scan


def plain(value: Any) -> None:
    if isinstance(value, (tuple, frozenset)):
        for one in value:
            plain(one)
    elif isinstance(value, str):
        value.encode("utf-8")
        assert not any(ord(one) < 32 and one not in "\n\t" for one in value), repr(value)
        assert len(value) <= 25_000
    elif isinstance(value, datetime):
        assert value.tzinfo is not None


def run(data: bytes, form: str | None = None) -> None:
    try:
        if form is None:
            records = list(read_scan(BytesIO(data), LIMITS, name="fuzz"))
        else:
            reader = next(one for one in FORMATS if one.name == form)
            records = list(reader.read(Source(BytesIO(data), LIMITS, "fuzz")))
    except IntakeError as error:
        assert error.file.partition(" › ")[0] == "fuzz"
        assert error.problem
        assert error.remedy
        str(error).encode("utf-8")
        return
    check(records)


def damage(data: bytes, draw: st.DataObject) -> bytes:
    for _ in range(draw.draw(st.integers(1, 4))):
        at = draw.draw(st.integers(0, len(data)))
        end = min(len(data), at + draw.draw(st.sampled_from([0, 0, 1, 2, 5, 40, 400])))
        again = data[at:end] if draw.draw(st.booleans()) else b""
        data = data[:at] + draw.draw(PIECES) + again + data[end if not again else at :]
    return data


@pytest.mark.parametrize("name", SCANS)
@THOROUGH
@given(st.data())
def test_damaged_bytes(name: str, draw: st.DataObject) -> None:
    run(damage(CONTENT[name], draw))


@pytest.mark.parametrize("name", SCANS)
def test_cut_anywhere(name: str) -> None:
    data = CONTENT[name]
    for at in range(0, len(data), max(37, len(data) // 60)):
        run(data[:at])


@pytest.mark.parametrize("name", JSON_SCANS)
@THOROUGH
@given(st.data())
def test_other_values_in_json(name: str, draw: st.DataObject) -> None:
    data = json.loads(CONTENT[name])
    for _ in range(draw.draw(st.integers(1, 4))):
        node = data
        for _ in range(draw.draw(st.integers(0, 9))):
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            children = [key for key in keys if isinstance(node[key], (dict, list)) and node[key]]
            if not children:
                break
            node = node[draw.draw(st.sampled_from(children))]
        keys = list(node) if isinstance(node, dict) else list(range(len(node)))
        if keys:
            node[draw.draw(st.sampled_from(keys))] = draw.draw(ANY_JSON)
    run(json.dumps(data).encode("utf-8"))


@pytest.mark.parametrize("name", CSV_SCANS)
@THOROUGH
@given(st.data())
def test_other_cells_in_csv(name: str, draw: st.DataObject) -> None:
    text = CONTENT[name].decode()
    delimiter = max(",;", key=text.count)
    rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))
    for _ in range(draw.draw(st.integers(1, 5))):
        row = draw.draw(st.sampled_from(rows))
        action = draw.draw(st.sampled_from(["cell", "cell", "cell", "lose", "add", "again"]))
        if action == "add" or not row:
            row.append("x")
        elif action == "lose":
            row.pop(draw.draw(st.integers(0, len(row) - 1)))
        elif action == "again":
            rows.append(list(row))
        else:
            row[draw.draw(st.integers(0, len(row) - 1))] = draw.draw(CELLS)
    out = StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    run(out.getvalue().encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("name", XML_SCANS)
@THOROUGH
@given(st.data())
def test_other_values_in_xml(name: str, draw: st.DataObject) -> None:
    from lxml import etree

    root = etree.fromstring(CONTENT[name])
    elements = list(root.iter(etree.Element))
    words = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff"), max_size=8)
    values = words | st.sampled_from(["", "-1", "99999999999", "1e9", "CVE-2024-1", "../..", "nan", "0", "10.0.0.1"])
    for _ in range(draw.draw(st.integers(1, 5))):
        element = draw.draw(st.sampled_from(elements))
        action = draw.draw(st.sampled_from(["text", "attribute", "drop", "rename", "move", "lose"]))
        if action == "text":
            element.text = draw.draw(values)
        elif action == "attribute" and element.attrib:
            element.set(draw.draw(st.sampled_from(sorted(element.attrib))), draw.draw(values))
        elif action == "lose" and element.attrib:
            del element.attrib[draw.draw(st.sampled_from(sorted(element.attrib)))]
        elif action == "drop" and (parent := element.getparent()) is not None:
            parent.remove(element)
        elif action == "rename" and element is not root:
            element.tag = draw.draw(st.sampled_from([other.tag for other in elements]))
        elif action == "move":
            other = draw.draw(st.sampled_from(elements))
            if other is not element and element not in other.iterancestors() and other not in element.iterancestors():
                other.append(element)
    run(etree.tostring(root))


@pytest.mark.parametrize("form", [one.name for one in FORMATS])
@settings(max_examples=20, deadline=None)
@given(data=st.binary(max_size=200))
@example(b"{}")
@example(b"[]")
@example(b'{"runs": null}')
@example(b'{"runs": [null, 5, [], {"results": [null]}]}')
@example(b'{"Results": [null, 5, [], {"Vulnerabilities": null}]}')
@example(b'[{"Target": null, "Vulnerabilities": [{}]}]')
@example(b'{"vulnerabilities": [null]}')
@example(b'{"vulnerabilities": {}, "components": 5, "metadata": []}')
@example(b"<a/>")
@example(b"<NessusClientData_v2><Report/></NessusClientData_v2>")
def test_each_reader_alone(form: str, data: bytes) -> None:
    run(data, form)


@THOROUGH
@given(st.data())
def test_damaged_feeds(draw: st.DataObject) -> None:
    for name, read in (("kev.json", read_kev), ("epss.csv", read_epss)):
        data = damage(CONTENT[name], draw)
        try:
            rows = list(read(BytesIO(data), LIMITS, name="fuzz"))
        except IntakeError as error:
            assert error.problem
            assert error.remedy
        else:
            for row in rows:
                for one in fields(row):
                    plain(getattr(row, one.name))
