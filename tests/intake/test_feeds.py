"""The catalogue of known exploited vulnerabilities, and exploit prediction scores."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from accord_intake import FILES

from accord.intake.epss import EpssEdition, EpssScore, read_epss
from accord.intake.kev import KevCatalogue, KevEntry, read_kev
from accord.intake.records import IntakeError, Refusal


def test_the_catalogue() -> None:
    edition, first, second, refused = read_kev(FILES / "kev.json")
    assert edition == KevCatalogue("2025.08.25", datetime(2025, 8, 25, 17, 4, 19, 979600, tzinfo=UTC), 3)
    assert isinstance(first, KevEntry)
    assert (first.cve, first.vendor, first.product) == ("CVE-2021-44228", "Apache", "Log4j2")
    assert (first.added, first.due, first.ransomware) == (date(2021, 12, 10), date(2021, 12, 24), True)
    assert first.references == ("https://nvd.nist.gov/vuln/detail/CVE-2021-44228", "https://logging.apache.org/")
    assert isinstance(second, KevEntry)
    assert (second.ransomware, second.due, second.cwes) == (None, None, ())
    assert isinstance(refused, Refusal)
    assert refused.field == "cveID"


def test_a_catalogue_that_lost_entries_is_refused() -> None:
    data = json.loads((FILES / "kev.json").read_text())
    data["vulnerabilities"].pop()
    with pytest.raises(IntakeError) as caught:
        list(read_kev(BytesIO(json.dumps(data).encode()), name="kev.json"))
    assert (caught.value.field, "says that it has 3" in caught.value.problem) == ("count", True)


@pytest.mark.parametrize("text", ["{}", "[]", '{"vulnerabilities": []}', '{"catalogVersion": "1"}', "cve,epss\n"])
def test_what_is_no_catalogue(text: str) -> None:
    with pytest.raises(IntakeError):
        list(read_kev(BytesIO(text.encode()), name="x"))


@pytest.mark.parametrize("packed", [False, True])
def test_scores(packed: bool) -> None:
    data = (FILES / "epss.csv").read_bytes()
    stream = BytesIO(gzip.compress(data) if packed else data)
    edition, first, second, bad, worse = read_epss(stream, name="epss.csv")
    assert edition == EpssEdition("v2025.03.14", datetime(2025, 8, 25, tzinfo=UTC))
    assert first == EpssScore("CVE-1999-0001", 0.01298, 0.78677)
    assert second == EpssScore("CVE-2021-44228", 0.94358, 0.99957)
    assert isinstance(bad, Refusal)
    assert isinstance(worse, Refusal)
    assert (bad.row, worse.row) == (5, 6)


def test_an_extract_without_the_first_line() -> None:
    text = "epss,cve,vendor\r\n0.5,cve-2020-0001,x\r\n\r\n0,CVE-2020-0002,y\r\n"
    rows = list(read_epss(BytesIO(text.encode()), name="x"))
    scores = [EpssScore("CVE-2020-0001", 0.5, None), EpssScore("CVE-2020-0002", 0.0, None)]
    assert rows == [EpssEdition(None, None), *scores]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_with_a_mark(encoding: str) -> None:
    rows = list(read_epss(BytesIO("cve,epss\nCVE-2020-0001,0.5\n".encode(encoding)), name="x"))
    assert rows[1] == EpssScore("CVE-2020-0001", 0.5, None)


@pytest.mark.parametrize("value", ["nan", "inf", "-0.1", "1.01", "", "1e999", "0x1", "1_0"])
def test_what_is_no_probability_is_refused(value: str) -> None:
    rows = list(read_epss(BytesIO(f"cve,epss\nCVE-2020-0001,{value}\n".encode()), name="x"))
    assert isinstance(rows[1], Refusal)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"a,b\n1,2\n", b"cve,epss\n\xff\xfe,1\n", b"cve,epss\nCVE-2020-0001\x00,1\n",
     b'cve,epss\n"' + b"x" * 5000],
)  # fmt: skip
def test_what_is_no_list_of_scores(data: bytes) -> None:
    with pytest.raises(IntakeError):
        list(read_epss(BytesIO(data), name="x"))


@pytest.mark.real_data
def test_the_real_feeds(real_data: Path) -> None:
    catalogue, *entries = read_kev(real_data / "feeds" / "kev.json")
    assert isinstance(catalogue, KevCatalogue)
    assert catalogue.count == len(entries) == 1404
    assert all(isinstance(one, KevEntry) and one.added and one.due for one in entries)
    for path in (real_data / "feeds").glob("epss*.csv"):
        edition, *scores = read_epss(path)
        assert isinstance(edition, EpssEdition)
        assert len(scores) == len(path.read_text().splitlines()) - 1
        assert all(isinstance(one, EpssScore) for one in scores)
