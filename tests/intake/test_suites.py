"""What the reports of suites say: the fields that matter, and what they looked for."""

from __future__ import annotations

from accord_intake import FILES, Read, content, fixture


def groups(scan: Read) -> dict[str, set[str]]:
    return {one.target: set(one.groups) for one in scan.coverages}


def test_veracode() -> None:
    scan = fixture("report.veracode.xml")
    assert [(one.kind, one.name) for one in scan.targets] == [
        ("repository", "Shop"), ("application", "https://shop.example"),
    ]  # fmt: skip
    flaws = [one for one in scan.observations if one.definition_id == "veracode:CWE-89"]
    assert [one.anchor for one in flaws] == ["11", "12", "13"], "what is fixed is no observation"
    first = flaws[0]
    assert (first.kind, first.severity, first.cwes) == ("code", "high", ("CWE-89",))
    assert (first.path, first.line, first.group) == (
        "org/example/shop/Basket.java", 12, "veracode:static/shop.war",
    )  # fmt: skip
    assert first.solution == "Bind parameters.\n\nUse prepared statements."
    assert first.seen_at is not None and first.seen_at.hour == 8
    assert [one.analysis for one in flaws] == [None, "false_positive", None], "a proposal decides nothing"
    assert flaws[1].analysis_detail == "Potential False Positive: A constant"
    dynamic = scan.one("veracode:CWE-80")
    assert (dynamic.target, dynamic.path, dynamic.port) == ("application:https://shop.example", "/find", 443)
    component = scan.one("CVE-2031-1001")
    assert (component.severity, component.cvss_score, component.group) == ("critical", 9.8, "veracode:components")
    assert component.purl == "pkg:maven/org.example/parsley@2.0.3"
    assert scan.one("CVE-2031-1002").analysis_detail == "Accept the Risk: Until spring"
    (refusal,) = scan.refusals
    assert refusal.field == "issueid"
    assert groups(scan) == {
        "repository:Shop": {"veracode:static/shop.war", "veracode:static/till.jar", "veracode:components"},
        "application:https://shop.example": set(),
    }
    assert scan.coverages[0].complete is False, "one flaw could not be read"


def test_a_sandbox_of_veracode_is_another_target() -> None:
    text = (FILES / "report.veracode.xml").read_text().replace('sandbox_id=""', 'sandbox_id="9" sandbox_name="Try"')
    assert content(text).targets[0].name == "Shop (sandbox Try)"


def test_veracode_as_json() -> None:
    scan = fixture("findings.veracode.json")
    assert [one.identity for one in scan.targets] == ["repository:0a1b-shop", "application:https://shop.example"]
    static = scan.one("veracode:CWE-89")
    assert (static.anchor, static.path, static.line) == ("11", "/org/example/shop/Basket.java", 12)
    assert scan.one("veracode:CWE-80").analysis == "false_positive"
    component = scan.one("CVE-2031-1001")
    assert (component.component, component.component_version, component.analysis) == ("parsley", "2.0.3", None)
    assert (component.cvss_score, len(component.cvss_vectors)) == (9.8, 2)
    assert len(scan.refusals) == 1
    assert set.union(*groups(scan).values()) == set(), "a page of a list closes nothing"
