"""Formats of tools that look at packages, images and their dependencies."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff

OPERATOR = "aquasecurity.github.io"
YARN = frozenset({"auditAdvisory", "auditSummary", "info", "warning", "error"})


def _is_trivy(seen: Sniff) -> bool:
    keys = seen.keys
    if "Target" in seen.first and seen.first & {
        "Type",
        "Class",
        "Vulnerabilities",
        "Misconfigurations",
        "Secrets",
    }:
        return True
    if "ClusterName" in keys and keys.keys() & {
        "Resources",
        "Vulnerabilities",
        "Misconfigurations",
        "Findings",
    }:
        return True
    return keys.keys() >= {"SchemaVersion", "ArtifactName"} or keys.keys() >= {"ArtifactName", "Results"}


def _is_trivy_operator(seen: Sniff) -> bool:
    told = (seen.cell("apiVersion"), seen.paths.get("items[].apiVersion"))
    return any(str(one or "").startswith(OPERATOR) for one in told) or any(
        name.endswith("." + OPERATOR) for name in seen.keys
    )


def _is_grype(seen: Sniff) -> bool:
    return "matches" in seen.keys and (
        bool(seen.keys.keys() & {"descriptor", "distro"}) or seen.has("matches[].artifact")
    )


def _is_snyk(seen: Sniff) -> bool:
    return (
        seen.row("vulnerabilities", "dependencyCount")
        or seen.row("vulnerabilities", "packageManager")
        or seen.row("infrastructureAsCodeIssues")
        or seen.row("ok", "error", "path")
    )


def _is_osv_scanner(seen: Sniff) -> bool:
    return seen.has("results[].packages", "results[].source") or seen.keys.keys() >= {"results", "experimental_config"}


def _is_npm_audit(seen: Sniff) -> bool:
    keys = seen.keys.keys()
    return "auditReportVersion" in keys or keys >= {"advisories", "metadata"} or seen.has("error.code", "error.summary")


def _is_yarn_audit(seen: Sniff) -> bool:
    if seen.row("type", "data") and seen.cell("type") in YARN:
        return True
    return seen.row("value", "children") and seen.cell("children.ID") is not None


def _is_pip_audit(seen: Sniff) -> bool:
    if seen.first >= {"name", "vulns"} or seen.first >= {"name", "skip_reason"}:
        return True
    if seen.has("dependencies[].vulns") or seen.has("dependencies[].skip_reason"):
        return True
    below = any(path.startswith(("dependencies.", "dependencies[")) for path in seen.paths)
    empty = "dependencies" in seen.keys and not below
    return seen.whole and empty and seen.keys.keys() <= {"dependencies", "fixes"}


def _is_govulncheck(seen: Sniff) -> bool:
    return seen.cell("config.scanner_name") == "govulncheck" or seen.keys.keys() >= {"Calls", "Imports", "Requires"}


def _is_dependabot(seen: Sniff) -> bool:
    if seen.row("security_advisory", "dependency") or seen.row("security_advisory", "security_vulnerability"):
        return True
    return seen.has("data.repository.search.nodes") or any(path.endswith("vulnerabilityAlerts") for path in seen.paths)


def _is_dependency_check(seen: Sniff) -> bool:
    return seen.root == "analysis" and "dependency-check" in seen.namespace.lower()


def _is_dependency_check_json(seen: Sniff) -> bool:
    return seen.keys.keys() >= {"reportSchema", "dependencies"} and (
        seen.has("projectInfo.reportDate") or seen.has("scanInfo.engineVersion")
    )


def _is_dependency_track(seen: Sniff) -> bool:
    if seen.paths.get("meta.application") == "Dependency-Track" and "bomFormat" not in seen.keys:
        return True
    return seen.row("component", "vulnerability", "matrix")


def _is_snyk_api(seen: Sniff) -> bool:
    return "jsonapi" in seen.keys and (
        seen.has("data[].attributes.effective_severity_level") or seen.paths.get("data[].type") == "issue"
    )


def _is_wiz_cli(seen: Sniff) -> bool:
    return "scanOriginResource" in seen.keys and "result" in seen.keys


FORMATS: tuple[Format, ...] = (
    Format("trivy", "Trivy JSON", (".json",), "accord.intake.trivy", _is_trivy),
    Format("trivy-operator", "Trivy operator reports", (".json",), "accord.intake.trivy.operator", _is_trivy_operator),
    Format("grype", "Grype JSON", (".json",), "accord.intake.grype", _is_grype),
    Format("snyk", "Snyk JSON", (".json",), "accord.intake.snyk", _is_snyk),
    Format("osv-scanner", "OSV-Scanner JSON", (".json",), "accord.intake.osv_scanner", _is_osv_scanner),
    Format("npm-audit", "npm audit JSON", (".json",), "accord.intake.npm_audit", _is_npm_audit),
    Format("yarn-audit", "yarn audit JSON lines", (".json", ".jsonl"), "accord.intake.yarn_audit", _is_yarn_audit),
    Format("pip-audit", "pip-audit JSON", (".json",), "accord.intake.pip_audit", _is_pip_audit),
    Format("govulncheck", "govulncheck JSON", (".json",), "accord.intake.govulncheck", _is_govulncheck),
    Format("dependabot", "GitHub Dependabot alerts", (".json",), "accord.intake.dependabot", _is_dependabot),
    Format("dependency-check", "OWASP Dependency-Check XML", (".xml",), "accord.intake.dependency_check",
           _is_dependency_check),
    Format("dependency-check-json", "OWASP Dependency-Check JSON", (".json",),
           "accord.intake.dependency_check.document", _is_dependency_check_json),
    Format("dependency-track", "OWASP Dependency-Track findings JSON", (".json",), "accord.intake.dependency_track",
           _is_dependency_track),
    Format("snyk-api", "Snyk issues of the REST API", (".json",), "accord.intake.snyk_api", _is_snyk_api),
    Format("wiz-cli", "Wiz CLI JSON", (".json",), "accord.intake.wiz_cli", _is_wiz_cli),
)  # fmt: skip
