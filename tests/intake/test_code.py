"""What the reports on source code say; secrets themselves are never kept."""

from __future__ import annotations

import pytest
from accord_intake import fixture


def test_semgrep() -> None:
    scan = fixture("results.semgrep.json")
    found = scan.one("semgrep:python.lang.security.audit.eval-detected")
    assert (found.kind, found.severity, found.cwes) == ("code", "medium", ("CWE-95",))
    assert (found.path, found.line, found.anchor) == ("shop/calc.py", 10, "f00d_0")
    secret = scan.one("semgrep:generic.secrets.security.detected-key")
    assert (secret.kind, secret.analysis, secret.line, secret.anchor) == ("secret", "suppressed", 3, None)
    package = scan.one("CVE-2031-1001")
    assert (package.kind, package.purl, package.fixed_version) == ("vulnerability", "pkg:pypi/parsley@2.0.3", "2.1.0")
    assert "semgrep:python.lang.security.audit.exec-detected" in scan.coverages[0].checks, "it ran, without a result"


def test_bandit() -> None:
    scan = fixture("results.bandit.json")
    first, second = scan.observations
    assert (first.definition_id, first.severity, first.cwes) == ("bandit:B307", "medium", ("CWE-78",))
    assert (first.path, first.line) == ("shop/calc.py", 10)
    assert first.anchor != second.anchor, "two in one line are two"
    (refusal,) = scan.refusals
    assert "./shop/broken.py" in refusal.problem
    assert scan.coverages[0].complete is False


def test_github_alerts() -> None:
    scan = fixture("code.github-alerts.json")
    assert [one.identifiers for one in scan.targets] == [(("repository", "https://github.com/garden/shop"),)]
    first, dismissed = scan.observations
    assert (first.definition_id, first.severity, first.cwes) == ("CodeQL:py/clear-text-storage", "high", ("CWE-312",))
    assert (first.path, first.line, first.anchor) == ("shop/file.py", 42, "alert 35")
    assert (dismissed.analysis, dismissed.analysis_detail) == ("false_positive", "false positive; A test value")
    (secret,) = fixture("secrets.github-alerts.json").observations
    assert (secret.kind, secret.severity, secret.check) == ("secret", "critical", "github:secret/example_key")


def test_sonarqube_leaves_out_what_is_not_about_security() -> None:
    scan = fixture("issues.sonarqube.json")
    assert [one.anchor for one in scan.observations] == ["AX1", "AX3"]
    found = scan.one("sonarqube:python:S2077")
    assert (found.title, found.severity, found.cwes) == ("SQL queries are built safely", "medium", ("CWE-89",))
    assert (found.target, found.path, found.line) == ("repository:shop", "src/db.py", 12)
    assert scan.one("sonarqube:python:S2245").analysis == "false_positive"
    assert fixture("hotspots.sonarqube.json").one("sonarqube:python:S2068").severity == "high"


@pytest.mark.parametrize(
    ("name", "path", "line"), [("eight", "conf/app.toml", 4), ("seven", "conf/old.toml", 9)]
)  # fmt: skip
def test_gitleaks(name: str, path: str, line: int) -> None:
    (found,) = fixture(f"{name}.gitleaks.json").observations
    assert (found.kind, found.path, found.line, found.evidence) == ("secret", path, line, "token = ***")
    assert "a@example.org" not in repr(found)


@pytest.mark.parametrize("name", ["eight.gitleaks.json", "seven.gitleaks.json", "secrets.github-alerts.json"])
def test_no_secret_is_kept(name: str) -> None:
    assert "NEVER-KEPT" not in repr(fixture(name).records)


def test_gitlab_code() -> None:
    scan = fixture("sast.gitlab.json")
    found = scan.one("gitlab:semgrep_id/eval-detected")
    assert (found.kind, found.severity, found.cwes) == ("code", "high", ("CWE-95",))
    assert (found.path, found.line, found.anchor) == ("shop/calc.py", 10, "shop/calc.py|f[0]:2")
    assert (found.analysis, found.analysis_detail) == ("false_positive", "Never reached; vet")
    assert scan.coverages[0].checks == {"gitlab:semgrep_id/exec-detected", "gitlab:semgrep_id/eval-detected"}
    assert scan.ends[0].complete is True


def test_gitlab_packages_and_sites() -> None:
    scan = fixture("dependencies.gitlab.json")
    found = scan.one("CVE-2031-1001")
    assert (found.purl, found.path) == ("pkg:pypi/parsley@2.0.3", "web/requirements.txt")
    assert (found.severity, found.cvss_score, found.cwes) == ("high", 7.5, ("CWE-125",))
    assert scan.coverages[0].groups == {"gitlab:dependencies/web/requirements.txt"}
    image = fixture("container.gitlab.json")
    assert [(one.kind, one.name) for one in image.targets] == [("image", "registry.example/shop:1.9")]
    assert image.one("CVE-2031-1002").purl == "pkg:deb/debian/libthyme1@1.4-2"
    site = fixture("dast.gitlab.json")
    cookie = site.observations[0]
    assert (cookie.target, cookie.port, cookie.path, cookie.anchor) == (
        "application:https://shop.example", 443, "/cart", "GET sid",
    )  # fmt: skip
    assert site.ends[0].complete is False


def test_semgrep_supply_chain_of_its_api() -> None:
    scan = fixture("chain.semgrep.json")
    assert [one.identity for one in scan.targets] == ["repository:kitchen/shop"]
    found = scan.one("CVE-2031-2001")
    assert (found.kind, found.severity, found.check, found.cwes) == (
        "vulnerability", "high", "semgrep:ssc-1", ("CWE-617",),
    )  # fmt: skip
    assert (found.purl, found.fixed_version) == ("pkg:pypi/tea-cup@1.0.0", "1.0.1"), "by the file, not by the advisory"
    assert scan.one("semgrep:ssc-2").analysis == "false_positive"
    assert "semgrep:ssc-3" in scan.coverages[0].checks, "what is fixed is no observation"
    assert len(scan.observations) == 2
    assert len(scan.refusals) == 1


def test_trufflehog() -> None:
    scan = fixture("three.trufflehog.jsonl")
    assert [(one.kind, one.name) for one in scan.targets] == [
        ("repository", "kitchen/shop"), ("image", "registry.example/shop:3"), ("cloud_resource", "shop-backups"),
        ("repository", "three.trufflehog.jsonl"), ("application", "https://tickets.example"),
    ]  # fmt: skip
    key = scan.one("trufflehog:AWS")
    assert (key.severity, key.path, key.line) == ("critical", "keys.txt", None), "one secret, however many commits"
    assert "aa11, line 4" in (key.evidence or "")
    others = [one for one in scan.observations if one.definition_id == "trufflehog:URI"]
    assert [one.severity for one in others] == ["medium"] * 4
    assert "could not be tried: no answer" in (others[0].description or "")
    assert (others[2].path, others[2].line) == ("conf/app.ini", 3)
    (refusal,) = scan.refusals
    assert refusal.field == "DetectorName"
    for name in ("three.trufflehog.jsonl", "two.trufflehog.jsonl", "fork.trufflehog.json"):
        assert "invented-secret" not in repr(fixture(name).records), "no secret is kept"


def test_trufflehog_before_and_beside_version_three() -> None:
    two, fork = fixture("two.trufflehog.jsonl"), fixture("fork.trufflehog.json")
    assert [(one.definition_id, one.path, one.severity) for one in two.observations] == [
        ("trufflehog:High Entropy", "keys.txt", "info"), ("trufflehog:AWS API Key", "keys.txt", "high"),
    ]  # fmt: skip
    assert [(one.definition_id, one.severity, one.line) for one in fork.observations] == [
        ("trufflehog:high-entropy", "high", None), ("trufflehog:password", "medium", 7),
    ]  # fmt: skip
    assert all(not one.checks for scan in (two, fork) for one in scan.coverages)


def test_sonarqube_as_a_page() -> None:
    scan = fixture("page.sonarqube.html")
    assert [one.name for one in scan.targets] == ["Shop"]
    kept, closed = scan.one("sonarqube:java:S1"), scan.one("sonarqube:java:S2")
    assert (kept.title, kept.severity, kept.path, kept.line) == ("Keep no secrets", "critical", "src/Basket.java", 66)
    assert (kept.cwes, kept.anchor, kept.description) == (
        ("CWE-798",),
        "AXc1",
        "Keep no secrets\n\n'PASSWORD' is kept here.",
    )
    assert (closed.severity, closed.line, closed.cwes) == ("low", None, ())
    (refusal,) = scan.refusals
    assert (refusal.row, refusal.field) == ("issue 3", "rule")
    assert scan.coverages[0].checks == {"sonarqube:java:S1", "sonarqube:java:S2"}
