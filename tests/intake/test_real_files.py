"""Real scanner files: the counts that another project's tests assert for them, in our grouped view."""

from __future__ import annotations

import csv
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from accord_intake import Read

import accord.intake
from accord.intake.expected import Expected, compare, differences, read_expected
from accord.intake.fingerprint import fingerprint, grouping
from accord.intake.records import IntakeError
from accord.intake.registry import detect, read_scan, recognizers
from accord.intake.registry.sniffing import sniff
from accord.intake.safe.source import Source

pytestmark = pytest.mark.real_data

# Folder of the real files → the formats that its files may be. A new format adds its folder here, and what differs
# to src/accord/intake/differences.csv, which docs/formats.md shows.
READ = {
    # network, web, hosts
    "burp": {"burp"},
    "generic": {"generic", "generic-csv"},
    "ms_defender": {"defender"},
    "nmap": {"nmap"},
    "nuclei": {"nuclei"},
    "openscap": {"openscap"},
    "openvas": {"openvas", "openvas-csv"},
    "pingcastle": {"pingcastle"},
    "qualys": {"qualys", "qualys-csv"},
    "qualys_vmdr": {"qualys-vmdr"},
    "tenable": {"nessus", "nessus-csv"},
    "testssl": {"testssl"},
    "wazuh": {"wazuh"},
    "wiz": {"wiz"},
    "zap": {"zap"},
    # dependencies, code, cloud, exchange
    "anchore_grype": {"grype"},
    "asff": {"asff"},
    "aws_prowler": {"prowler"},
    "aws_prowler_v3plus": {"prowler", "empty"},
    "awssecurityhub": {"asff"},
    "bandit": {"bandit"},
    "checkov": {"checkov"},
    "csaf": {"csaf"},
    "cyclonedx": {"cyclonedx", "cyclonedx-xml"},
    "github_sast": {"github-alerts", "empty"},
    "github_vulnerability": {"dependabot", "github-alerts"},
    "gitlab_container_scan": {"gitlab"},
    "gitlab_dast": {"gitlab"},
    "gitlab_dep_scan": {"gitlab"},
    "gitlab_sast": {"gitlab"},
    "kubescape": {"kubescape"},
    "npm_audit": {"npm-audit"},
    "npm_audit_7_plus": {"npm-audit"},
    "openvex": {"openvex"},
    "osv_scanner": {"osv-scanner"},
    "pip_audit": {"pip-audit"},
    "prowler": {"prowler"},
    "sarif": {"sarif"},
    "semgrep": {"semgrep"},
    "snyk": {"snyk"},
    "spdx": {"spdx"},
    "trivy": {"trivy"},
    "trivy_operator": {"trivy-operator"},
}
# Files with rows that are refused, and why they must be.
ROWS_REFUSED = {
    "nuclei/issue_14071.json": "names no place",
    "ms_defender/defender_error_handling.zip": "an object where a text stands",
}


@pytest.fixture(scope="module")
def archive(real_data: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(real_data / "scans" / "scanner-files.zip")


@pytest.fixture(scope="module")
def rows(real_data: Path) -> list[Expected]:
    return [row for row in read_expected(real_data / "scans" / "expected.csv") if row.format in READ]


def test_every_asserted_count(archive: zipfile.ZipFile, rows: list[Expected]) -> None:
    """Equal, or explained by the row of differences.csv that names both counts."""
    ours: dict[str, tuple[int | None, int | None]] = {}
    for row in rows:
        if row.file not in ours:
            ours[row.file] = read_whole(archive, row)
    compared = compare(rows, ours, differences())
    wrong = [(one.expected.file, one.expected.findings, one.ours) for one in compared if one.verdict == "different"]
    assert not wrong
    assert len(rows) >= 110
    explained = {one.expected.file: one.expected.findings for one in compared if one.verdict == "explained"}
    with (Path(accord.intake.__file__).with_name("differences.csv")).open(newline="", encoding="utf-8") as stream:
        told = {row["file"]: int(row["theirs"]) for row in csv.DictReader(stream) if row["theirs"]}
    mine = {name: count for name, count in told.items() if name.partition("/")[0] in READ}
    assert explained == mine, "differences.csv names what differs, and nothing else"


def read_whole(archive: zipfile.ZipFile, row: Expected) -> tuple[int | None, int | None]:
    """(grouped, instances) of one file, read to its end and checked; both None where it is refused."""
    data = archive.read(row.file)
    try:
        form = detect(BytesIO(data)).name
        scan = Read(read_scan(BytesIO(data), name=Path(row.file).name))
    except IntakeError as error:
        assert row.findings is None, error
        assert error.problem
        assert error.remedy
        return None, None
    assert form in READ[row.format], row.file
    reason = ROWS_REFUSED.get(row.file)
    assert all(reason and reason in one.problem for one in scan.refusals), row.file
    assert len(scan.headers) == len(scan.ends) >= 1
    assert {one.identity for one in scan.targets} == {one.target for one in scan.coverages}, row.file
    keys = {fingerprint(one, one.target) for one in scan.observations}
    assert len(keys) == len(scan.observations), f"{row.file}: two instances under one fingerprint"
    return len({grouping(one) for one in scan.observations}), len(scan.observations)


def test_no_file_is_taken_for_one_of_another_format(archive: zipfile.ZipFile) -> None:
    """Each file of a scanner is read as its own format; every recognizer but one says no."""
    for name in archive.namelist():
        folder = name.split("/")[0]
        if name.endswith("/"):
            continue
        seen = sniff(Source(BytesIO(archive.read(name)), name=name), lambda _: False)
        found = {one.name for one in recognizers(seen)}
        assert len(found) <= 1, name
        allowed = READ.get(folder, set()) | ({"sarif"} if name.endswith(".sarif") else {"empty"})
        if folder in READ:
            assert found <= allowed, name
        else:
            assert found.isdisjoint(set().union(*READ.values()) - allowed), name
