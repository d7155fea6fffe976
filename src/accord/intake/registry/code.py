"""Formats of tools that read source code."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_semgrep(seen: Sniff) -> bool:
    if seen.has("vulns[].advisory", "vulns[].matchedDependency"):
        return True
    if seen.has("results[].check_id") or seen.has("findings[].rule_name", "findings[].repository"):
        return True
    keys = seen.keys.keys()
    if keys >= {"results", "errors", "paths"} or keys >= {"results", "errors", "skipped_rules"}:
        return True
    return seen.whole and {"results", "errors"} <= keys <= {"results", "errors", "version"}


def _is_bandit(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"results", "metrics", "errors"} and seen.has("metrics._totals")


def _is_github_alerts(seen: Sniff) -> bool:
    return seen.row("rule", "most_recent_instance") or seen.row("secret_type", "number", "state")


def _is_gitleaks(seen: Sniff) -> bool:
    return seen.row("RuleID", "Secret", "Commit") or seen.row("rule", "offender", "file")


def _is_sonarqube(seen: Sniff) -> bool:
    keys = seen.keys.keys()
    if keys >= {"issues", "paging"} or keys >= {"hotspots", "paging"} or keys >= {"issues", "projectName", "allBugs"}:
        return True
    return seen.row("rule", "component", "project", "status") or seen.row(
        "securityCategory", "vulnerabilityProbability"
    )


def _is_sonarqube_page(seen: Sniff) -> bool:
    return seen.root.lower() == "html" and any("<title>SonarQube Vulnerability Report" in one for one in seen.lines)


def _is_gitlab(seen: Sniff) -> bool:
    keys = seen.keys.keys()
    if keys >= {"vulnerabilities", "remediations"} or seen.has("scan.scanner", "vulnerabilities"):
        return True
    return seen.has("vulnerabilities[].identifiers", "vulnerabilities[].location") or seen.row(
        "identifiers", "location", "cve", "category"
    )


def _is_trufflehog(seen: Sniff) -> bool:
    if seen.row("SourceMetadata", "DetectorType") or seen.row("reason", "stringsFound", "path"):
        return True
    return seen.row("rule", "path", "secret", "context") and seen.cell("rule.id") is not None


FORMATS: tuple[Format, ...] = (
    Format("semgrep", "Semgrep JSON", (".json",), "accord.intake.semgrep", _is_semgrep),
    Format("bandit", "Bandit JSON", (".json",), "accord.intake.bandit", _is_bandit),
    Format("github-alerts", "GitHub code and secret scanning alerts", (".json",), "accord.intake.github_alerts",
           _is_github_alerts),
    Format("gitleaks", "Gitleaks JSON", (".json",), "accord.intake.gitleaks", _is_gitleaks),
    Format("trufflehog", "TruffleHog JSON lines and JSON", (".json", ".jsonl"), "accord.intake.trufflehog",
           _is_trufflehog),
    Format("sonarqube", "SonarQube issues and hotspots", (".json",), "accord.intake.sonarqube", _is_sonarqube),
    Format("sonarqube-html", "SonarQube report of sonar-report (HTML)", (".html",), "accord.intake.sonarqube_page",
           _is_sonarqube_page),
    Format("gitlab", "GitLab security reports", (".json",), "accord.intake.gitlab", _is_gitlab),
)  # fmt: skip
