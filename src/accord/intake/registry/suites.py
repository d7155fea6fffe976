"""Formats of suites that look at code, components and images at once."""

from __future__ import annotations

from accord.intake.registry.base import Format, Sniff


def _is_veracode(seen: Sniff) -> bool:
    return seen.root == "detailedreport" and "veracode.com" in seen.namespace.lower().replace("&#x2f;", "/")


def _is_veracode_json(seen: Sniff) -> bool:
    return any(
        seen.has(f"{start}findings[].finding_details", f"{start}findings[].scan_type") for start in ("", "_embedded.")
    )


def _is_veracode_sca(seen: Sniff) -> bool:
    return seen.has("_embedded.issues[].issue_type", "_embedded.issues[].library")


def _is_veracode_sca_csv(seen: Sniff) -> bool:
    return seen.columns("Issue ID", "Issue type", "Library", "Version in use", "Coordinate 1", "Vulnerability ID")


def _is_checkmarx(seen: Sniff) -> bool:
    return seen.root == "CxXMLResults"


def _is_checkmarx_one(seen: Sniff) -> bool:
    if seen.has("results[].similarityId", "results[].type"):
        return True
    return seen.keys.keys() >= {"results", "totalCount", "scanID"}


def _is_checkmarx_report(seen: Sniff) -> bool:
    if "scanResults" not in seen.keys or "reportHeader" not in seen.keys:
        return False
    paths = ("scanResults.sast", "scanResults.sca", "scanResults.kics", "scanResults.resultsList")
    return any(path in seen.paths for path in paths) or "iacScanResults" in seen.keys


def _is_prisma(seen: Sniff) -> bool:
    for start in ("results[].", "[].", "[].entityInfo."):
        if seen.has(f"{start}vulnerabilityDistribution") or seen.has(f"{start}complianceDistribution"):
            return True
    return seen.row("repoTag", "vulnerabilities")


def _is_prisma_csv(seen: Sniff) -> bool:
    return seen.columns("CVE ID", "Compliance ID", "Severity", "Packages", "Package Version", "Fix Status")


def _is_xray(seen: Sniff) -> bool:
    if seen.has("rows[].vulnerable_component") or seen.has("rows[].impacted_artifact"):
        return True
    return seen.whole and seen.keys.keys() == {"total_rows", "rows"}


def _is_xray_summary(seen: Sniff) -> bool:
    return seen.has("artifacts[].general", "artifacts[].issues") or seen.has(
        "data[].component_versions", "data[].source_comp_id"
    )


def _is_xray_scan(seen: Sniff) -> bool:
    return seen.row("scan_id", "component_id") or seen.row("scan_id", "vulnerabilities", "status")


def _is_anchore(seen: Sniff) -> bool:
    keys = seen.keys.keys()
    if keys >= {"vulnerabilities", "vulnerability_type"} or keys >= {"vulnerabilities", "vulnerabilityType"}:
        return True
    if seen.row("vuln", "packageName") or seen.row("vuln", "package_name") or seen.has("vulnerabilities[].vuln"):
        return True
    return keys >= {"metadata", "securityEvaluation"}


def _is_anchore_policies(seen: Sniff) -> bool:
    if seen.row("detail", "finalAction", "policyId") or seen.keys.keys() >= {"evaluations", "policyId", "evaluatedTag"}:
        return True
    return seen.kind == "json" and bool(seen.first) and all(name.startswith("sha256:") for name in seen.first)


def _is_blackduck(seen: Sniff) -> bool:
    if seen.kind == "zip":
        from accord.intake.blackduck import is_report

        return is_report(seen.members)
    return seen.columns("Vulnerability id", "Vulnerability source", "Remediation status", "Security Risk")


def _is_blackduck_json(seen: Sniff) -> bool:
    return seen.has("items[].vulnerabilityWithRemediation") or seen.row("componentName", "vulnerabilityWithRemediation")


def _is_blackduck_binaries(seen: Sniff) -> bool:
    return seen.columns("Component", "Version", "CVE", "Matching type", "Object", "Object full path")


def _is_fortify(seen: Sniff) -> bool:
    if seen.kind == "zip":
        from accord.intake.fortify import is_results

        return is_results(seen.members)
    return seen.root == "FVDL"


def _is_fortify_report(seen: Sniff) -> bool:
    return seen.root == "ReportDefinition" and "ReportSection" in seen.tags


def _is_webinspect(seen: Sniff) -> bool:
    if seen.root == "Sessions":
        return {"Session", "AttackParamDescriptor"} <= seen.tags or {"Session", "RawRequest"} <= seen.tags
    return seen.root == "Scan" and {"PolicyName", "Issues"} <= seen.tags


FORMATS: tuple[Format, ...] = (
    Format("veracode", "Veracode detailed report XML", (".xml",), "accord.intake.veracode", _is_veracode),
    Format("veracode-json", "Veracode findings JSON", (".json",), "accord.intake.veracode.document", _is_veracode_json),
    Format("veracode-sca", "Veracode SCA issues JSON", (".json",), "accord.intake.veracode.agent", _is_veracode_sca),
    Format("veracode-sca-csv", "Veracode SCA issues CSV", (".csv",), "accord.intake.veracode.agent_table",
           _is_veracode_sca_csv),
    Format("checkmarx", "Checkmarx SAST XML", (".xml",), "accord.intake.checkmarx", _is_checkmarx),
    Format("checkmarx-one", "Checkmarx One results JSON", (".json",), "accord.intake.checkmarx.one", _is_checkmarx_one),
    Format("checkmarx-report", "Checkmarx One scan report JSON", (".json",), "accord.intake.checkmarx.scan_report",
           _is_checkmarx_report),
    Format("prisma", "Prisma Cloud (Twistlock) JSON", (".json",), "accord.intake.prisma", _is_prisma),
    Format("prisma-csv", "Prisma Cloud (Twistlock) CSV", (".csv",), "accord.intake.prisma.table", _is_prisma_csv),
    Format("xray", "JFrog Xray vulnerabilities report JSON", (".json",), "accord.intake.xray", _is_xray),
    Format("xray-summary", "JFrog Xray summary JSON", (".json",), "accord.intake.xray.summary", _is_xray_summary),
    Format("xray-scan", "JFrog Xray scan JSON", (".json",), "accord.intake.xray.scans", _is_xray_scan),
    Format("anchore", "Anchore vulnerabilities JSON", (".json",), "accord.intake.anchore", _is_anchore),
    Format("anchore-policies", "Anchore policy evaluation JSON", (".json",), "accord.intake.anchore.policies",
           _is_anchore_policies),
    Format("blackduck", "Black Duck report CSV and ZIP", (".csv", ".zip"), "accord.intake.blackduck", _is_blackduck),
    Format("blackduck-json", "Black Duck components JSON", (".json",), "accord.intake.blackduck.document",
           _is_blackduck_json),
    Format("blackduck-binaries", "Black Duck Binary Analysis CSV", (".csv",), "accord.intake.blackduck.binaries",
           _is_blackduck_binaries),
    Format("fortify", "Fortify project file FPR", (".fpr", ".fvdl"), "accord.intake.fortify", _is_fortify),
    Format("fortify-report", "Fortify report XML", (".xml",), "accord.intake.fortify.issues", _is_fortify_report),
    Format("webinspect", "Fortify WebInspect XML", (".xml",), "accord.intake.webinspect", _is_webinspect),
)  # fmt: skip
