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


def test_checkmarx_sast() -> None:
    scan = fixture("results.checkmarx.xml")
    (target,) = scan.targets
    assert (target.identity, scan.headers[0].scanner_version) == ("repository:Shop", "9.5.0")
    assert scan.headers[0].started is not None and scan.headers[0].started.year == 2031
    first, second = (one for one in scan.observations if one.definition_id == "checkmarx:Java/SQL_Injection")
    assert (first.title, first.severity, first.cwes, first.anchor) == ("SQL Injection", "high", ("CWE-89",), "-1145")
    assert (first.path, first.line) == ("src/Store.java", 40), "where the flow ends"
    assert first.evidence == "src/Basket.java:10:name  add(String name)\nsrc/Store.java:40:execute  s.execute(q);"
    assert (second.analysis, second.analysis_detail, second.severity) == ("false_positive", "A constant", "medium")
    short = scan.one("checkmarx:Java/Reflected_XSS")
    assert (short.path, short.line, short.severity, short.analysis) == ("src/Page.java", 3, "low", None)
    assert scan.coverages[0].checks == {"checkmarx:Java/SQL_Injection", "checkmarx:Java/Reflected_XSS"}
    text = (FILES / "results.checkmarx.xml").read_text().replace('"Full"', '"Incremental"')
    assert content(text).coverages[0].checks == frozenset(), "only what changed was looked at"


def test_checkmarx_one() -> None:
    scan = fixture("results.checkmarx-one.json")
    assert [one.kind for one in scan.observations] == [
        "code", "misconfiguration", "vulnerability", "vulnerability", "secret",
    ]  # fmt: skip
    flaw = scan.one("checkmarx:Java/SQL_Injection")
    assert (flaw.path, flaw.line, flaw.anchor, flaw.cwes) == ("/src/Store.java", 40, "-1145", ("CWE-89",))
    missing = scan.one("checkmarx:kics/Missing User Instruction")
    assert (missing.analysis, missing.path, missing.solution) == (
        "false_positive", "/Dockerfile", "There should be USER",
    )  # fmt: skip
    component = scan.one("CVE-2031-2001")
    assert (component.purl, component.fixed_version, component.cvss_score) == ("pkg:npm/tea-cup@1.0.0", "1.0.1", 7.3)
    assert scan.one("CVE-2031-2002").target == "image:registry.example/shop:3"
    secret = scan.one("checkmarx:secret/private-key")
    assert "BEGIN" not in repr(secret), "the secret itself is not kept"
    (refusal,) = scan.refusals
    assert "weather" in refusal.problem
    assert all(not one.checks and not one.groups for one in scan.coverages)


def test_checkmarx_reports_agree() -> None:
    engines, one = fixture("engines.checkmarx.json"), fixture("vulnerabilities.checkmarx.json")
    for scan in (engines, one):
        flaw = scan.one("checkmarx:Java/SQL_Injection")
        assert (flaw.target, flaw.path, flaw.line, flaw.anchor) == ("repository:Shop", "/src/Store.java", 40, "-1145")
        assert scan.one("checkmarx:kics/Missing User Instruction").evidence == "There is no USER"
        assert scan.one("CVE-2031-2001").component == "tea-cup"
    assert engines.one("CVE-2031-2001").analysis == "false_positive"
    assert one.one("checkmarx:Java/SQL_Injection").solution == "Bind parameters."
    assert "Everything is read." in (one.one("checkmarx:Java/SQL_Injection").description or "")
    (refusal,) = one.refusals
    assert "not where they are expected" in refusal.problem, "nothing is lost in silence"


def test_prisma() -> None:
    scan = fixture("image.prisma.json")
    shop, till, empty = scan.targets
    assert (shop.name, shop.operating_system) == ("registry.example/shop:3", "Debian GNU/Linux 12")
    assert shop.identifiers == (("image-id", "sha256:aa11"), ("image-digest", "sha256:bb22"))
    found = scan.one("CVE-2031-1001")
    assert (found.severity, found.cvss_score, found.fixed_version) == ("critical", 9.8, "2.1.0, 2.0.4")
    assert (found.component, found.purl) == ("org.example_parsley", "pkg:maven/org.example/parsley@2.0.3")
    kept = scan.one("CVE-2031-1002")
    assert (kept.severity, kept.solution, kept.fixed_version, kept.cvss_score) == ("low", "will not fix", None, None)
    assert scan.one("prisma:404").kind == "misconfiguration"
    assert scan.one("prisma:Secrets in variables").evidence == "TOKEN is set"
    assert len(scan.refusals) == 1
    both = {"prisma:vulnerabilities", "prisma:compliance"}
    assert groups(scan) == {
        shop.identity: both, till.identity: {"prisma:compliance"}, empty.identity: both,
    }, "four were found in the till and none is listed"  # fmt: skip


def test_prisma_by_its_api() -> None:
    told = (
        '[{"_id": "x", "type": "image", "repoTag": {"registry": "r.example", "repo": "shop", "tag": "3"},'
        ' "vulnerabilities": [{"cve": "CVE-2031-1001", "id": 46, "packageName": "p", "severity": "high"}],'
        ' "complianceIssues": null},'
        ' {"_id": "y", "entityInfo": {"id": "h", "hostname": "web1.example", "vulnerabilities": null,'
        ' "vulnerabilityDistribution": {"total": 0}}}]'
    )
    scan = content(told)
    assert [one.identity for one in scan.targets] == ["image:r.example/shop:3", "host:web1.example"]
    assert [one.definition_id for one in scan.observations] == ["CVE-2031-1001"]
    assert set.union(*groups(scan).values()) == {"prisma:vulnerabilities"}


def test_prisma_as_csv() -> None:
    scan = fixture("images.prisma.csv")
    assert [one.identity for one in scan.targets] == ["image:registry.example/shop:3"]
    found = scan.one("CVE-2031-1001")
    assert (found.purl, found.fixed_version) == ("pkg:maven/org.example/parsley@2.0.3", "2.1.0")
    assert found.seen_at is not None and found.seen_at.month == 2
    assert scan.one("prisma:404").evidence == "No HEALTHCHECK"
    (refusal,) = scan.refusals
    assert refusal.row == 4
    assert set.union(*groups(scan).values()) == set()


def test_xray_report() -> None:
    scan = fixture("rows.xray.json")
    assert [one.identity for one in scan.targets] == ["image:shop/web:3", "repository:org.example:shop:1.0"]
    found = scan.one("CVE-2031-2001")
    assert (found.aliases, found.severity, found.cvss_score) == (("XRAY-1",), "high", 7.5)
    assert (found.purl, found.fixed_version) == ("pkg:npm/tea-cup@1.0.0", "1.0.1, 0.9.9")
    assert found.evidence is not None and found.evidence.endswith("Contextual analysis: not applicable.")
    assert found.cvss_vectors[1] == "AV:N/AC:L/Au:N/C:N/I:N/A:P"
    two = scan.one("XRAY-2")
    assert (two.aliases, two.component) == (("CVE-2031-2002", "CVE-2031-2003"), "org.example:parsley")
    debian = scan.one("XRAY-3")
    assert (debian.component, debian.component_version, debian.severity) == ("libspoon", "2:1.6-3", None)
    assert debian.purl == "pkg:deb/debian/libspoon@2:1.6-3"
    assert [one.field for one in scan.refusals] == ["vulnerable_component"]
    assert set.union(*groups(scan).values()) == set()


def test_xray_summary() -> None:
    scan = fixture("artifacts.xray.json")
    assert [one.identity for one in scan.targets] == ["image:shop:1.0", "repository:tea:1"]
    found = scan.one("CVE-2031-3001")
    assert (found.component, found.component_version, found.cvss_score) == ("openssl", "1.1.1k-r0", 9.8)
    assert (found.cwes, found.purl) == (("CWE-787",), "pkg:apk/alpine/openssl@1.1.1k-r0")
    unnamed = scan.one("Unnamed.")
    assert (unnamed.component, unnamed.evidence is not None) == (None, True), "two components have it"
    assert [one.field for one in scan.refusals] == ["issue_id", "errors"]
    assert groups(scan) == {one.identity: {"xray:vulnerabilities"} for one in scan.targets}
    listed = fixture("issues.xray.json").one("CVE-2031-3002")
    assert (listed.component, listed.fixed_version, listed.cvss_score) == ("libspoon", "2:1.6-4", 5.0)


def test_xray_scan() -> None:
    scan = fixture("scan.xray.json")
    first, second = scan.observations
    assert (first.definition_id, first.purl) == ("CVE-2031-3003", "pkg:maven/org.example/parsley@2.0.3")
    assert (first.fixed_version, first.evidence) == ("2.1.0", "gav://org.example:shop:1 > lib/parsley-2.0.3.jar")
    assert (second.component, second.fixed_version) == ("tea-cup", None)
    assert len(scan.refusals) == 1
    assert groups(scan) == {"repository:org.example:shop:1": {"xray:vulnerabilities"}, "image:shop/web:3": set()}


def test_anchore() -> None:
    scan = fixture("image.anchore.json")
    (target,) = scan.targets
    assert (target.name, target.identifiers) == ("registry.example/shop:3", (("image-digest", "sha256:aa11"),))
    system = scan.one("CVE-2031-1001")
    assert (system.purl, system.path, system.cvss_score) == ("pkg:deb/debian/libspoon@2.1-1", None, 6.5)
    assert (system.fixed_version, system.group) == ("2.1-3", "anchore:os")
    other = scan.one("GHSA-2222-3333-4444")
    assert (other.aliases, other.severity, other.cvss_score) == (("CVE-2031-2001",), None, None)
    assert (other.purl, other.path) == ("pkg:npm/tea-cup@1.0.0", "/app/node_modules/tea-cup")
    assert (other.solution, other.group) == ("The vendor will not fix this.", "anchore:non-os")
    assert len(scan.refusals) == 1
    assert scan.coverages[0].groups == {"anchore:os", "anchore:non-os"}
    text = (FILES / "image.anchore.json").read_text().replace('"all"', '"os"')
    assert content(text).coverages[0].groups == {"anchore:os"}, "other packages were not looked at"


def test_anchore_in_its_other_forms() -> None:
    (listed,) = fixture("list.anchorectl.json").observations
    assert (listed.component, listed.component_version, listed.severity) == ("libspoon", "2.1-1", "low")
    scan = fixture("evaluation.anchore.json")
    (found,) = scan.observations
    assert (found.definition_id, found.aliases) == ("GHSA-2222-3333-5555", ("CVE-2031-1005",))
    assert (found.component, found.component_version, found.cvss_score) == ("parsley-core", "2.0.3", 9.8)
    assert scan.targets[0].name == "registry.example/shop:3"
    assert all(not one.groups for one in scan.coverages)


def test_anchore_policies() -> None:
    scan = fixture("checks.anchore.json")
    missing = scan.one("anchore:dockerfile/instruction")
    assert (missing.kind, missing.anchor, missing.severity) == ("misconfiguration", "41cb", None)
    package = scan.one("CVE-2031-1001")
    assert (package.kind, package.component, package.severity) == ("vulnerability", "parsley-2.0.3.jar", "medium")
    assert (package.path, package.fixed_version, package.analysis) == ("/app/parsley-2.0.3.jar", "2.1.0", None)
    assert scan.one("RHSA-2031:0374").analysis == "suppressed"
    assert "not where they are expected" in scan.refusals[0].problem
    assert groups(scan) == {
        "image:registry.example/shop:3": {"anchore:policy/bundle-1"}, "image:registry.example/till:1": set(),
    }  # fmt: skip
    old, new = fixture("old.anchorectl.json"), fixture("new.anchorectl.json")
    assert old.targets == new.targets
    assert [one.anchor for one in old.observations] == [one.anchor for one in new.observations] == ["b260"]
    assert [one.severity for one in (*old.observations, *new.observations)] == ["critical", None]
    assert len(new.refusals) == 1


def test_black_duck() -> None:
    scan = fixture("security.blackduck.csv")
    assert [one.identity for one in scan.targets] == ["repository:shop 1.0"]
    found = scan.one("CVE-2031-1001")
    assert (found.aliases, found.severity, found.cvss_score) == (("BDSA-2031-1",), "critical", 9.8)
    assert (found.component, found.purl) == ("Parsley", "pkg:maven/org.example/parsley@2.0.3")
    ignored = scan.one("VULNDB-90804")
    assert (ignored.analysis, ignored.analysis_detail) == ("suppressed", "Not reachable")
    assert ignored.purl == "pkg:npm/%40kitchen/tea-cup@1.0.0"
    done = scan.one("CVE-2031-1003")
    assert (done.analysis, done.purl) == ("resolved", "pkg:deb/debian/libspoon@2.1-1")
    assert len(scan.refusals) == 1
    assert groups(scan) == {"repository:shop 1.0": {"blackduck:vulnerabilities"}}
    packed = fixture("report.blackduck.zip")
    assert packed.observations == scan.observations
    assert str(packed.refusals[0].row).startswith("report.blackduck.zip › security_2031")


def test_black_duck_in_its_other_forms() -> None:
    scan = fixture("components.blackduck.json")
    found = scan.one("CVE-2031-2009")
    assert (found.aliases, found.purl, found.cwes) == (("BDSA-2031-9",), "pkg:npm/tea-cup@1.0.0", ("CWE-400",))
    assert scan.one("CVE-2031-2010").analysis == "suppressed"
    assert len(scan.refusals) == 1
    binaries = fixture("objects.blackduck.csv")
    first, second = binaries.observations
    assert (first.path, first.severity, first.cvss_score, first.aliases) == (
        "Tree.msi:tree.dll", "critical", 9.8, ("BDSA-2031-5",),
    )  # fmt: skip
    assert (second.analysis, second.analysis_detail) == ("suppressed", "Not called")
    assert len(binaries.refusals) == 1
    assert all(not one.groups for one in (*scan.coverages, *binaries.coverages))


def test_fortify() -> None:
    scan = fixture("audit.fvdl")
    assert [one.identity for one in scan.targets] == ["repository:Shop"]
    found = scan.one("fortify:Password Management: Hardcoded Password")
    assert (found.path, found.line, found.anchor) == ("src/Basket.java", 16, "AA11"), "the node that is shown first"
    assert (found.severity, found.cwes) == ("critical", ("CWE-259", "CWE-798"))
    assert (found.description, found.solution) == (
        "A password in Basket.java is known.\nAll read it.", "Use a vault.",
    )  # fmt: skip
    assert scan.one("fortify:Privacy Violation").severity == "high", "4 × 2 × 2 / 25 is not likely"
    assert scan.one("fortify:Poor Style").severity is None, "nothing is told of its rule"
    assert (len(scan.refusals), scan.coverages[0].complete) == (1, False)
    packed = fixture("shop.fortify.zip")
    assert [(one.anchor, one.analysis) for one in packed.observations] == [
        ("AA11", "suppressed"), ("BB22", "false_positive"), ("CC33", None),
    ]  # fmt: skip
    assert packed.observations[0].analysis_detail == "Handled by the server"


def test_fortify_report() -> None:
    scan = fixture("report.fortify.xml")
    first, second = scan.observations
    assert (first.definition_id, first.anchor) == ("fortify:Password Management: Hardcoded Password", "AA11")
    assert (first.severity, first.path, first.line) == ("critical", "src/Basket.java", 16)
    assert first.description == "A password in Basket.java is known.\n\nAll read it."
    assert (second.analysis, second.analysis_detail, second.solution) == ("false_positive", "Test data only", None)
    assert len(scan.refusals) == 1
    assert all(not one.checks for one in scan.coverages)


def test_webinspect() -> None:
    scan = fixture("sessions.webinspect.xml")
    assert [one.identity for one in scan.targets] == ["application:https://shop.example"]
    (found,) = scan.observations
    assert (found.definition_id, found.severity, found.cwes) == ("webinspect:5649", "critical", ("CWE-79",))
    assert (found.path, found.port, found.anchor) == ("/find", 443, "q")
    assert (found.description, found.solution) == ("Input comes back.", "Encode it.")
    assert len(scan.refusals) == 1
    whole = fixture("scan.webinspect.xml")
    assert [(one.path, one.severity) for one in whole.observations] == [("/login", "medium")]
    assert "SECRETCOOKIE" not in repr(scan.records) + repr(whole.records)


def test_veracode_sca() -> None:
    scan = fixture("issues.veracode.json")
    found = scan.one("CVE-2031-1001")
    assert (found.aliases, found.severity, found.cvss_score) == (("veracode:SID-36527",), "high", 8.8)
    assert (found.purl, found.target) == ("pkg:maven/org.example/parsley@2.0.3", "repository:shop")
    licence = scan.one("licence:GPL-3.0")
    assert (licence.kind, licence.analysis, licence.purl) == ("licence", "suppressed", "pkg:npm/tea-cup@1.0.0")
    assert (len(scan.observations), len(scan.refusals)) == (2, 1), "what is fixed is no observation"
    table = fixture("issues.veracode.csv")
    same = table.one("CVE-2031-1001")
    assert (same.purl, same.severity, same.fixed_version) == (found.purl, "high", "2.1.0")
    assert table.one("veracode:outdated-library").component == "tea-cup"
    ignored = table.one("veracode:SID-77")
    assert (ignored.component, ignored.analysis) == ("spoon", "suppressed")
