"""What the reports of tools for one language say: the fields that matter, and what they looked for."""

from __future__ import annotations

import json

from accord_intake import FILES, content, fixture


def test_gosec() -> None:
    scan = fixture("results.gosec.json")
    assert scan.headers[0].scanner_version == "2.19.0"
    first, second = (one for one in scan.observations if one.definition_id == "gosec:G104")
    assert (first.path, first.line, first.severity, first.cwes) == ("/work/shop/app.go", 79, "low", ("CWE-703",))
    assert (second.line, second.cwes) == (90, ("CWE-703",))
    assert first.anchor != second.anchor, "the same line twice is numbered"
    ignored = scan.one("gosec:G501")
    assert (ignored.analysis, ignored.analysis_detail) == ("suppressed", "Only a checksum")
    assert scan.coverages[0].checks == {"gosec:G104", "gosec:G501"}
    assert ["could not read /work/shop/broken" in one.problem for one in scan.refusals] == [True, False]
    text = (FILES / "results.gosec.json").read_text().replace("79", "99")
    assert content(text).observations[0].anchor == first.anchor, "lines above it may come and go"


def test_brakeman() -> None:
    scan = fixture("warnings.brakeman.json")
    assert [one.identity for one in scan.targets] == ["repository:shop"]
    found = scan.one("brakeman:SQL/0")
    assert (found.title, found.severity, found.anchor) == ("SQL Injection: Possible SQL injection", None, "0690")
    assert (found.path, found.line, found.cwes) == ("app/models/basket.rb", 12, ("CWE-89",))
    assert found.evidence == "Basket find_it\nBasket.where(params[:q])\nInput: params[:q]"
    ignored = scan.one("brakeman:CrossSiteScripting/2")
    assert (ignored.analysis, ignored.analysis_detail) == ("suppressed", "Only staff see it")
    assert ignored.aliases == ("CVE-2031-5001",)
    (coverage,) = scan.coverages
    assert (coverage.checks, coverage.exhaustive) == ({"brakeman:SQL", "brakeman:CrossSiteScripting"}, True)
    assert len(scan.refusals) == 3
    told = json.loads((FILES / "warnings.brakeman.json").read_text())
    told["scan_info"]["checks_performed"] = 66
    assert not content(json.dumps(told)).coverages[0].exhaustive, "older versions tell only how many ran"


def test_cargo_audit() -> None:
    scan = fixture("lock.cargo-audit.json")
    (found,) = scan.observations
    assert (found.definition_id, found.aliases) == ("CVE-2031-6001", ("RUSTSEC-2031-0001",))
    assert (found.severity, found.cvss_score, found.fixed_version) == ("high", 7.5, ">=1.1.0")
    assert found.purl == "pkg:cargo/acorn@0.4.7"
    assert len(scan.refusals) == 1
    assert scan.coverages[0].groups == {"cargo-audit:vulnerabilities"}
    told = json.loads((FILES / "lock.cargo-audit.json").read_text())
    told["settings"]["ignore"] = ["RUSTSEC-2031-0002"]
    assert content(json.dumps(told)).coverages[0].groups == frozenset(), "what is left out must not be closed"


def test_bundler_audit() -> None:
    scan = fixture("gems.bundler-audit.json")
    assert scan.one("bundler-audit:insecure-source").evidence == "http://gems.example/"
    (found,) = (one for one in scan.observations if one.component == "kettle")
    assert {found.definition_id, *found.aliases} == {"CVE-2031-7001", "GHSA-5f9h-9pjv-v6j7"}
    assert (found.severity, found.cvss_score, found.fixed_version) == ("critical", 9.1, "~> 1.6.2, >= 2.0")
    assert (found.purl, len(scan.refusals)) == ("pkg:gem/kettle@1.6.1", 1)


def test_wpscan() -> None:
    scan = fixture("site.wpscan.json")
    (target,) = scan.targets
    assert (target.identity, scan.headers[0].scanner_version) == ("application:https://blog.example", "3.8.25")
    found = scan.one("CVE-2031-8001")
    assert (found.component, found.component_version, found.fixed_version) == ("wordpress", "6.0.1", "6.0.2")
    assert (found.aliases, found.severity, found.cvss_score) == (("wpscan:aa-11",), "high", 8.0)
    two = scan.one("wpscan:bb-22")
    assert (two.aliases, two.component, two.group) == (
        ("CVE-2031-8002", "CVE-2031-8003"), "plugin/tea-shop", "wpscan:plugin/tea-shop",
    )  # fmt: skip
    assert scan.one("wpscan:Tea Shop - Unnumbered").solution is None
    assert scan.one("wpscan:robots_txt").kind == "service"
    assert scan.one("wpscan:config-backup").path == "/wp-config.php.bak"
    assert [one.field for one in scan.refusals] == ["type", "title"]
    (coverage,) = scan.coverages
    assert coverage.groups == {"wpscan:core/wordpress", "wpscan:theme/twenty", "wpscan:plugin/tea-shop"}


def test_wpscan_without_its_database_and_aborted() -> None:
    told = json.loads((FILES / "site.wpscan.json").read_text())
    told["vuln_api"] = {"error": "No WPScan API Token given"}
    assert content(json.dumps(told)).coverages[0].groups == frozenset()
    aborted = {
        "banner": {"version": "3.8.17"},
        "scan_aborted": "The url seems to be down",
        "target_url": "https://a.example/",
    }
    scan = content(json.dumps(aborted))
    assert (scan.ends[0].complete, scan.coverages[0].complete, scan.observations) == (False, False, [])


def test_horusec() -> None:
    scan = fixture("results.horusec.json")
    secret = scan.one("horusec:HorusecEngine/HS-LEAKS-2")
    assert (secret.title, secret.kind, secret.severity) == ("AWS Secret Key", "secret", "critical")
    assert (secret.path, secret.line, secret.anchor, secret.cwes) == ("conf/keys.env", 762, "e8f8", ("CWE-798",))
    assert "VERYSECRET" not in repr(scan.records), "the secret itself is not kept"
    assert scan.one("horusec:Bandit/Possible SQL injection.").analysis == "suppressed"
    assert (len(scan.observations), len(scan.refusals)) == (2, 1), "what was corrected is no observation"
    assert (scan.ends[0].complete, scan.coverages[0].complete) == (False, False), "one of the tools failed"
