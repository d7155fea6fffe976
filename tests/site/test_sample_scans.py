"""The sample company's scanner files: the structure that each format documents, and what the importers see."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from accord.intake.records import Coverage, Observation, Refusal, Target
from accord.intake.registry import detect, fingerprint, read_scan
from accord.site.sample import SampleCompany, generate

DATA = Path(__file__).resolve().parents[2] / "src" / "accord" / "site" / "sample" / "data"
LAST = "2026-11-09"
CVE = re.compile(r"CVE-\d{4}-\d{4,}")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> SampleCompany:
    return generate(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def records(company: SampleCompany) -> dict[str, list[Any]]:
    return {path.name: list(read_scan(path)) for path in (*company.scans, *company.real)}


def _of(company: SampleCompany, prefix: str) -> list[Path]:
    return [path for path in company.scans if path.name.startswith(prefix)]


def _names(noun: str, company: SampleCompany) -> list[dict[str, str]]:
    with (company.tables / f"{noun}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_is_recognized_and_read_without_refusal(
    company: SampleCompany, records: dict[str, list[Any]]
) -> None:
    for path in company.scans:
        assert detect(path).name == path.name.partition("-")[0]
    for name, found in records.items():
        assert not [one for one in found if isinstance(one, Refusal)], name
        assert [one for one in found if isinstance(one, Target)], name


def test_how_much_there_is(records: dict[str, list[Any]]) -> None:
    once = {
        name: found
        for name, found in records.items()
        if LAST in name or name.startswith(("nessus-plant", "nmap-plant"))
    }
    seen = Counter(
        name.partition("-")[0] for name, found in once.items() for one in found if isinstance(one, Observation)
    )
    assert 9000 <= sum(seen.values()) <= 12000
    assert set(seen) == {"nessus", "trivy", "cyclonedx", "nmap", "sarif"}
    hosts = {
        one.identity
        for name, found in records.items()
        if name.startswith("nessus")
        for one in found
        if isinstance(one, Target)
    }
    assert 1100 <= len(hosts) <= 1300


def test_nessus_structure(company: SampleCompany) -> None:
    for path in _of(company, "nessus-"):
        root = ElementTree.parse(path).getroot()
        assert root.tag == "NessusClientData_v2"
        assert root.findtext("Policy/policyName")
        for host in root.iter("ReportHost"):
            tags = {tag.get("name"): tag.text for tag in host.iterfind("HostProperties/tag")}
            assert {"host-ip", "host-fqdn", "HOST_START", "HOST_END", "mac-address"} <= tags.keys()
            assert host.get("name") == tags["host-ip"]
        for item in root.iter("ReportItem"):
            assert {"port", "svc_name", "protocol", "severity", "pluginID", "pluginFamily"} <= set(item.keys())
            assert item.get("pluginName")
            assert item.findtext("synopsis") and item.findtext("solution") and item.findtext("risk_factor")


def test_nessus_never_reports_the_same_thing_twice_on_a_host(company: SampleCompany) -> None:
    for path in _of(company, "nessus-"):
        for host in ElementTree.parse(path).getroot().iter("ReportHost"):
            found = Counter((item.get("pluginID"), item.get("port")) for item in host.iter("ReportItem"))
            assert not found or max(found.values()) == 1, (path.name, host.get("name"))


def test_nmap_structure(company: SampleCompany) -> None:
    for path in _of(company, "nmap-"):
        root = ElementTree.parse(path).getroot()
        assert root.tag == "nmaprun" and root.get("scanner") == "nmap"
        assert root.find("runstats/finished") is not None
        hosts = root.findall("host")
        totals = root.find("runstats/hosts")
        assert totals is not None and int(totals.get("up", "0")) == len(hosts)
        for port in root.iter("port"):
            assert port.find("state") is not None and 0 < int(port.get("portid", "0")) < 65536


def test_trivy_structure(company: SampleCompany) -> None:
    paths = _of(company, "trivy-")
    assert len({path.name[:-16] for path in paths}) == 62
    for path in paths:
        report = json.loads(path.read_text(encoding="utf-8"))
        assert report["SchemaVersion"] == 2 and report["ArtifactType"] == "container_image"
        assert report["Metadata"]["RepoTags"] == [report["ArtifactName"]]
        for result in report["Results"]:
            assert {"Target", "Class", "Type"} <= result.keys()
            for row in result["Vulnerabilities"]:
                assert {"VulnerabilityID", "PkgName", "InstalledVersion", "Severity"} <= row.keys()
                assert ("FixedVersion" in row) == (row["Status"] == "fixed")


def test_cyclonedx_structure(company: SampleCompany) -> None:
    for path in _of(company, "cyclonedx-"):
        bom = json.loads(path.read_text(encoding="utf-8"))
        assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.6")
        assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bom["serialNumber"])
        references = [part["bom-ref"] for part in bom["components"]]
        assert len(references) == len(set(references))
        assert len({row["bom-ref"] for row in bom["vulnerabilities"]}) == len(bom["vulnerabilities"])
        for row in bom["vulnerabilities"]:
            assert CVE.fullmatch(row["id"])
            assert all(affected["ref"] in references for affected in row["affects"])


def test_sarif_structure(company: SampleCompany) -> None:
    paths = _of(company, "sarif-")
    assert len(paths) == 21
    for path in paths:
        log = json.loads(path.read_text(encoding="utf-8"))
        assert log["version"] == "2.1.0"
        [run] = log["runs"]
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
            assert result["message"]["text"] and result["locations"][0]["physicalLocation"]["region"]["startLine"]


def _seen(records: dict[str, list[Any]], prefixes: tuple[str, ...], day: str) -> set[str]:
    return {
        fingerprint(one, one.target)
        for name, found in records.items()
        if name.startswith(prefixes) and day in name
        for one in found
        if isinstance(one, Observation)
    }


def test_findings_are_fixed_come_back_and_are_new(records: dict[str, list[Any]]) -> None:
    for prefixes in (("nessus-servers-skarnholm",), ("trivy-portal", "trivy-track")):
        first, second, third = (_seen(records, prefixes, day) for day in ("2026-09-14", "2026-10-12", LAST))
        assert first - second - third, f"{prefixes}: nothing was fixed for good"
        assert third - second - first, f"{prefixes}: nothing is new"
        assert (first & third) - second, f"{prefixes}: nothing came back"


def test_a_later_scan_of_the_same_scope_could_have_seen_what_it_no_longer_shows(
    records: dict[str, list[Any]],
) -> None:
    for name, found in records.items():
        if name.startswith("nessus"):
            for cover in (one for one in found if isinstance(one, Coverage)):
                assert cover.exhaustive and cover.checks, name
            ran = next(one.checks for one in found if isinstance(one, Coverage))
            assert {one.check for one in found if isinstance(one, Observation)} <= ran


def _claims(company: SampleCompany) -> set[tuple[str, str]]:
    known = set()
    for row in _names("asset", company):
        known |= {("hostname", name) for name in row["hostnames"].split("; ") if name}
        known |= {("address", name) for name in row["addresses"].split("; ") if name}
        for text in filter(None, row["identifiers"].split("; ")):
            scheme, _, value = text.partition(":")
            known.add((scheme, value))
    return known


def test_targets_match_the_register_except_a_few(company: SampleCompany, records: dict[str, list[Any]]) -> None:
    known = _claims(company)
    strangers: dict[str, set[str]] = defaultdict(set)
    everybody: set[str] = set()
    for name, found in records.items():
        if name in {path.name for path in company.real}:
            continue
        for target in (one for one in found if isinstance(one, Target)):
            everybody.add(target.identity)
            own = {("hostname", host) for host in target.hostnames} | set(target.identifiers)
            own |= {("address", address) for address in target.addresses}
            if not own & known:
                strangers[name.partition("-")[0]].add(target.identity)
    assert set(strangers) == {"nessus", "nmap", "trivy", "cyclonedx", "sarif"}
    share = sum(map(len, strangers.values())) / len(everybody)
    assert 0.02 <= share <= 0.05


def test_identifiers_are_described_by_public_facts_only() -> None:
    from cvss import CVSS3

    with (DATA / "vulnerabilities.csv").open(encoding="utf-8", newline="") as file:
        facts = {row["cve"]: row for row in csv.DictReader(file)}
    with (DATA / "products.csv").open(encoding="utf-8", newline="") as file:
        products = {row["cve"] for row in csv.DictReader(file)}
    exploited = {row["cveID"] for row in json.loads((DATA / "kev.json").read_text())["vulnerabilities"]}
    assert products == facts.keys() and len(facts) >= 400
    assert 0.2 <= len(exploited) / len(facts) <= 0.3
    for row in facts.values():
        if row["cvss31"]:
            assert float(row["score"]) == float(CVSS3(row["cvss31"]).base_score)
        else:
            assert not row["score"] and row["cve"] in exploited


def test_the_feeds_are_read(company: SampleCompany) -> None:
    from accord.intake.epss import EpssEdition, EpssScore, read_epss
    from accord.intake.kev import KevCatalogue, KevEntry, read_kev

    kev, epss, _ = company.feeds
    catalogue, *entries = read_kev(kev)
    assert isinstance(catalogue, KevCatalogue)
    assert all(isinstance(entry, KevEntry) for entry in entries) and len(entries) > 100
    edition, *scores = read_epss(epss)
    assert isinstance(edition, EpssEdition) and edition.scored is not None
    assert edition.scored.date().isoformat() == "2026-08-22" and edition.model_version is None
    assert all(isinstance(score, EpssScore) for score in scores) and len(scores) > 100


@pytest.mark.real_data
def test_the_facts_are_those_of_the_feeds(real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from accord.site.sample import prepare

    for name in ("products.csv",):
        (tmp_path / name).write_bytes((DATA / name).read_bytes())
    monkeypatch.setattr(prepare, "DATA", tmp_path)
    prepare.prepare(real_data / "feeds")
    for name in ("vulnerabilities.csv", "kev.json", "epss.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes(), name


def test_nothing_of_the_building_machine_is_in_the_real_files(company: SampleCompany) -> None:
    assert len(company.real) == 2
    for path in company.real:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(home|root|tmp|work|Users)/", text)
