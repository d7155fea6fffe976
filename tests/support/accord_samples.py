"""The invented samples in tests/intake/files, each with the format that it must be recognized as.

Every test of all formats walks this table: recognition, encodings, limits, damage. A new format adds a sample here.
"""

from __future__ import annotations

SAMPLES = {
    # of no tool in particular
    "nothing.json": "empty",
    "own.json": "accord",
    "findings.generic.json": "generic",
    "findings.generic.csv": "generic-csv",
    # network
    "two-hosts.nessus": "nessus",
    "hosts.nessus.csv": "nessus-csv",
    "center.nessus.csv": "nessus-csv",
    "explore.nessus.csv": "nessus-csv",
    "scripts.nmap.xml": "nmap",
    "nmap-loopback.xml": "nmap",
    "greenbone.xml": "openvas",
    "greenbone.csv": "openvas-csv",
    "assets.qualys.xml": "qualys",
    "detection.qualys.xml": "qualys-detection",
    "scan.qualys.xml": "qualys-scan",
    "report.qualys.csv": "qualys-csv",
    "vmdr.qualys.csv": "qualys-vmdr",
    "nodes.nexpose.xml": "nexpose",
    "tls.testssl.csv": "testssl",
    "tls.testssl.json": "testssl-json",
    "flat.testssl.json": "testssl-json",
    # web
    "alerts.zap.xml": "zap",
    "alerts.zap.json": "zap-json",
    "issues.burp.xml": "burp",
    "results.nuclei.jsonl": "nuclei",
    "scan.acunetix.xml": "acunetix",
    "list.acunetix360.json": "acunetix-360",
    "items.nikto.xml": "nikto",
    "items.nikto.json": "nikto-json",
    "webapp.qualys.xml": "qualys-was",
    # hosts, directories, devices
    "results.xccdf.xml": "openscap",
    "lynis-report.dat": "lynis",
    "agent.wazuh.json": "wazuh",
    "index.wazuh.json": "wazuh",
    "domain.pingcastle.xml": "pingcastle",
    "machines.defender.json": "defender",
    "both.defender.zip": "defender",
    "hunting.defender.csv": "defender-csv",
    "issues.wiz.csv": "wiz",
    "vulnerabilities.wiz.csv": "wiz",
    # dependencies, code, cloud, exchange
    "image.trivy.json": "trivy",
    "vex.cdx.json": "cyclonedx",
    "accord-environment.cdx.json": "cyclonedx",
    "components.cdx.xml": "cyclonedx-xml",
    "two-runs.sarif": "sarif",
}
