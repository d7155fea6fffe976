"""SSVC points, CVE records of Vulnrichment, and release cycles in each of their forms; and files that are none."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.intake.end_of_life import Cycle, CycleEdition, read_end_of_life
from accord.intake.kev import KevCatalogue, KevEntry, read_kev
from accord.intake.records import IntakeError, Refusal
from accord.intake.ssvc import SsvcAnswer, SsvcEdition, read_ssvc
from accord.intake.vulnrichment import read_vulnrichment

VECTOR3 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
VECTOR4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"


def record(cve: str = "CVE-2024-1000", **points: str) -> dict[str, Any]:
    """A CVE record with CISA's container."""
    options = [{name.replace("_", " "): value} for name, value in points.items()]
    content = {"id": cve, "role": "CISA Coordinator", "options": options, "timestamp": "2024-06-05T18:01:02.123456Z"}
    cna = {"metrics": [{"format": "CVSS", "cvssV3_1": {"vectorString": VECTOR3}}]}
    adp = {"title": "CISA ADP Vulnrichment", "metrics": [{"other": {"type": "ssvc", "content": content}}]}
    meta = {"cveId": cve, "state": "PUBLISHED"}
    return {"dataType": "CVE_RECORD", "cveMetadata": meta, "containers": {"cna": cna, "adp": [adp]}}


def as_stream(data: Any) -> BytesIO:
    return BytesIO(json.dumps(data).encode())


def test_a_table_of_points() -> None:
    text = (
        "cve,published,exploitation,automatable,technical_impact,cvss31,cvss40,cwe\n"
        f"CVE-2024-1,2024-01-01,none,yes,total,{VECTOR3},,CWE-79\n"
        f"CVE-2024-1000,2024-01-01,PoC,yes,total,{VECTOR3},{VECTOR4},CWE-79\n"
        "cve-2024-1001,2024-01-01,active,,partial,,,\n"
        "CVE-2024-1002,2024-01-01,maybe,no,partial,,,\n"
    )
    edition, bad, first, second, odd = read_ssvc(BytesIO(text.encode()), name="ssvc.csv")
    assert edition == SsvcEdition(None)
    assert first == SsvcAnswer("CVE-2024-1000", "poc", True, True, None, (VECTOR4, VECTOR3))
    assert second == SsvcAnswer("CVE-2024-1001", "active", None, False, None, ())
    assert isinstance(bad, Refusal)
    assert isinstance(odd, Refusal)
    assert (bad.row, odd.row) == (2, 5)


def test_a_record() -> None:
    given_ = record(Exploitation="poc", Automatable="no", Technical_Impact="partial")
    _, found, edition = read_vulnrichment(as_stream(given_), name="CVE-2024-1000.json")
    assert found == SsvcAnswer("CVE-2024-1000", "poc", False, False, date(2024, 6, 5), (VECTOR3,))
    assert isinstance(edition, SsvcEdition)
    assert edition.released is not None
    assert edition.released.date() == date(2024, 6, 5)


def test_cisas_vector_comes_before_that_of_the_cna() -> None:
    given_ = record(Exploitation="none")
    given_["containers"]["adp"][0]["metrics"].append({"cvssV4_0": {"vectorString": VECTOR4}})
    found = list(read_vulnrichment(as_stream(given_), name="x"))[1]
    assert isinstance(found, SsvcAnswer)
    assert (found.vectors, found.automatable, found.total_impact) == ((VECTOR4,), None, None)


def test_a_folder_and_a_zip_say_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "vulnrichment" / "2024" / "1xxx"
    folder.mkdir(parents=True)
    records = [record(f"CVE-2024-{n}", Exploitation="none", Automatable="yes") for n in (1000, 1001)]
    for one in records:
        (folder / f"{one['cveMetadata']['cveId']}.json").write_text(json.dumps(one))
    (folder / "broken.json").write_text("{")
    packed = tmp_path / "main.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("README.md", "x")
        for path in sorted(folder.iterdir()):
            archive.write(path, f"vulnrichment-main/2024/{path.name}")
    results = [list(read_vulnrichment(where)) for where in (tmp_path / "vulnrichment", packed)]
    for found in results:
        assert [r.cve for r in found if isinstance(r, SsvcAnswer)] == ["CVE-2024-1000", "CVE-2024-1001"]
        assert sum(isinstance(r, Refusal) for r in found) == 1


def test_the_api_of_version_1() -> None:
    release = {
        "name": "3.11", "releaseDate": "2022-10-24", "isEoas": True, "eoasFrom": "2024-04-01", "isEol": False,
        "eolFrom": "2027-10-31", "latest": {"name": "3.11.9"},
    }  # fmt: skip
    open_ended = {"name": "roll", "isEol": False, "eolFrom": None}
    identifiers = [{"type": "purl", "id": "pkg:generic/python"}, {"type": "repology", "id": "python"}]
    product = {"name": "python", "identifiers": identifiers, "releases": [release, open_ended]}
    many = {"schema_version": "1.2.0", "generated_at": "2026-08-22T01:00:00+00:00", "total": 1, "result": [product]}
    for answer in (many, {**many, "result": product}):
        first, second, edition = read_end_of_life(as_stream(answer), name="full.json")
        assert first == Cycle(
            "python", "3.11", date(2022, 10, 24), date(2024, 4, 1), None, date(2027, 10, 31), None, "3.11.9",
            ("pkg:generic/python",),
        )  # fmt: skip
        assert isinstance(second, Cycle)
        assert (second.eol, second.eol_reached, second.support_ended) == (None, False, None)
        assert isinstance(edition, CycleEdition)
        assert edition.released is not None


def test_the_api_of_version_0_names_the_product_by_its_file() -> None:
    rows = [{"cycle": "22.04", "releaseDate": "2022-04-21", "support": "2024-09-30", "eol": "2027-04-01"},
            {"cycle": "4.10", "eol": True}]  # fmt: skip
    _, first, second = read_end_of_life(as_stream(rows), name="ubuntu.json")
    assert isinstance(first, Cycle)
    assert (first.product, first.eol, first.support_ends) == ("ubuntu", date(2027, 4, 1), date(2024, 9, 30))
    assert isinstance(second, Cycle)
    assert (second.eol, second.eol_reached) == (None, True)


def test_a_table_of_cycles() -> None:
    text = (
        "product,cycle,released,end_of_active_support,end_of_life,identifiers\n"
        "x,1,2020-01-01,,False,pkg:npm/x cpe:/a:x:x no\n,2,,,,\n"
    )
    edition, first, bad = read_end_of_life(BytesIO(text.encode()), name="e.csv")
    assert edition == CycleEdition(None)
    assert isinstance(first, Cycle)
    assert (first.eol_reached, first.support_ended, first.identifiers) == (False, None, ("pkg:npm/x", "cpe:/a:x:x"))
    assert isinstance(bad, Refusal)


def test_the_catalogue_as_csv() -> None:
    text = (
        "cveID,vendorProject,product,vulnerabilityName,dateAdded,shortDescription,requiredAction,dueDate,"
        "knownRansomwareCampaignUse,notes,cwes\n"
        'CVE-2021-44228,Apache,Log4j2,Log4Shell,2021-12-10,"Text, with commas",Patch,2021-12-24,Known,'
        'https://example.org/a ; https://example.org/b,"CWE-20, CWE-400"\n'
        "nothing,,,,,,,,,,\n"
    )
    edition, first, bad = read_kev(BytesIO(text.encode()), name="kev.csv")
    assert edition == KevCatalogue(None, None, None)
    assert isinstance(first, KevEntry)
    assert (first.cve, first.added, first.ransomware) == ("CVE-2021-44228", date(2021, 12, 10), True)
    assert (first.cwes, len(first.references)) == (("CWE-20", "CWE-400"), 2)
    assert isinstance(bad, Refusal)


READERS = [read_ssvc, read_vulnrichment, read_end_of_life, read_kev]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"cve\n", b"PK\x03\x04", b"\x00" * 20, b"[[[[", b"null", b"a,b\n1,2"]
)
def test_what_is_none_of_them_is_refused(reader: Any, content: bytes) -> None:
    with pytest.raises(IntakeError):
        list(reader(BytesIO(content), name="x"))


SAMPLES = [
    json.dumps(record(Exploitation="poc", Automatable="no", Technical_Impact="partial")).encode(),
    b'{"generated_at": "2026-01-01", "result": [{"name": "p", "releases": [{"name": "1", "eolFrom": "2020-01-01"}]}]}',
    b'[{"cycle": "1", "eol": true}, {"cycle": 2, "eol": "2020-02-30"}]',
    b"cve,exploitation,automatable,technical_impact\nCVE-2024-1000,none,yes,total\n",
    b"product,cycle,end_of_life\nx,1,2020-01-01\n",
    b"cveID,vendorProject,dateAdded\nCVE-2024-1000,x,2024-01-01\n",
]
PIECES = st.sampled_from(
    [b"", b"{", b"}", b"[", b"]", b'"', b",", b"\x00", b"\xff\xfe", b"null", b"1e999", b"true", b"\n"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SAMPLES), st.data())
def test_mutated_files_give_records_or_a_refusal(sample: bytes, data: st.DataObject) -> None:
    content = sample
    for _ in range(data.draw(st.integers(1, 4))):
        one, other = (data.draw(st.integers(0, len(content))) for _ in range(2))
        start, end = sorted((one, other)) if data.draw(st.booleans()) else (one, one)
        content = content[:start] + data.draw(PIECES) + content[end:]
    for reader in READERS:
        with suppress(IntakeError):
            list(reader(BytesIO(content), name="x"))  # type: ignore[operator]


@pytest.mark.real_data
def test_the_real_extracts(real_data: Path) -> None:
    points = list(read_ssvc(real_data / "feeds" / "ssvc-cvss-2024-10-24.csv"))
    assert sum(isinstance(row, SsvcAnswer) for row in points) > 44_000
    cycles = list(read_end_of_life(real_data / "feeds" / "end-of-life-2026-08-22.csv"))
    assert sum(isinstance(row, Cycle) for row in cycles) == 8351
