"""Real scanner files: the counts that another project's tests assert for them, in our grouped view."""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from accord_intake import Read

from accord.intake.fingerprint import fingerprint, grouping
from accord.intake.records import IntakeError
from accord.intake.registry import FORMATS, detect, read_scan

pytestmark = pytest.mark.real_data

READ = {
    "nmap": {"nmap"},
    "trivy": {"trivy"},
    "cyclonedx": {"cyclonedx", "cyclonedx-xml"},
    "sarif": {"sarif"},
    "tenable": {"nessus"},
}
# Where our grouped count is another: ours, and the words in docs/formats.md that give the reason.
OTHERWISE = {"nmap/issue4406.xml": (33, "published exploit code")}


@pytest.fixture(scope="module")
def archive(real_data: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(real_data / "scans" / "scanner-files.zip")


@pytest.fixture(scope="module")
def expected(real_data: Path) -> list[dict[str, str]]:
    with (real_data / "scans" / "expected.csv").open(newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["format"] in READ]
    return [row for row in rows if not row["file"].endswith(".csv")]


def test_every_asserted_count(archive: zipfile.ZipFile, expected: list[dict[str, str]], repository: Path) -> None:
    reasons = (repository / "docs" / "formats.md").read_text(encoding="utf-8")
    different = {}
    for row in expected:
        name = row["file"]
        data = archive.read(name)
        assert detect(BytesIO(data)).name in READ[row["format"]], name
        scan = Read(read_scan(BytesIO(data), name=Path(name).name))
        assert not scan.refusals, name
        assert len(scan.headers) == len(scan.ends) >= 1
        assert {one.identity for one in scan.targets} == {one.target for one in scan.coverages}
        keys = {fingerprint(one, one.target) for one in scan.observations}
        assert len(keys) == len(scan.observations), f"{name}: two instances under one fingerprint"
        groups = len({grouping(one) for one in scan.observations})
        if groups != int(row["findings"]):
            different[name] = groups
    assert len(expected) >= 45
    assert different == {name: count for name, (count, _) in OTHERWISE.items()}
    for name, (count, reason) in OTHERWISE.items():
        line = next(line for line in reasons.splitlines() if f"`{name}`" in line)
        assert f" {count} " in line
        assert reason in line


def test_files_of_other_formats_are_refused_or_read_as_what_they_are(archive: zipfile.ZipFile) -> None:
    """No file of another scanner is taken for one of ours."""
    ours = {name for names in READ.values() for name in names}
    assert ours == {one.name for one in FORMATS}
    for name in archive.namelist():
        folder = name.split("/")[0]
        if name.endswith("/") or folder in READ:
            continue
        try:
            found = detect(BytesIO(archive.read(name))).name
        except IntakeError:
            continue
        assert name.endswith(".sarif") and found == "sarif", f"{name} was taken for {found}"
