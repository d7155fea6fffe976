"""Large files in the true formats, written piece by piece, for tests of memory and for measuring rates.

python -m tests.intake.synthetic nessus 60000 /tmp/large.nessus
python -m tests.intake.synthetic measure /tmp/large.nessus
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

ITEMS_OF_ONE_HOST = 60
PARAGRAPH = (
    "According to its banner, the remote service is older than the version in which several defects were repaired. "
    "An attacker on the network could send crafted requests and read parts of its memory. "
)


def nessus(out: TextIO, findings: int) -> None:
    """`findings` ReportItems, 60 to a host, about 2 KB each, with a plugin set of 5,000 numbers."""
    plugins = ";".join(str(10_000 + number) for number in range(5000))
    out.write('<?xml version="1.0" ?>\n<NessusClientData_v2>\n<Policy><policyName>Synthetic</policyName>')
    out.write("<Preferences><ServerPreferences><preference><name>plugin_set</name>")
    out.write(f"<value>{plugins}</value></preference></ServerPreferences></Preferences></Policy>\n")
    out.write('<Report name="Synthetic" xmlns:cm="http://www.nessus.org/cm">\n')
    for number in range(findings):
        host, item = divmod(number, ITEMS_OF_ONE_HOST)
        if item == 0:
            if host:
                out.write("</ReportHost>\n")
            name = f"server-{host:05d}.example.org"
            out.write(f'<ReportHost name="{name}"><HostProperties><tag name="HOST_END_TIMESTAMP">1700000000</tag>')
            out.write(f'<tag name="host-fqdn">{name}</tag><tag name="Credentialed_Scan">true</tag>')
            out.write(f'<tag name="host-ip">10.{host >> 16 & 255}.{host >> 8 & 255}.{host & 255}</tag>')
            out.write('<tag name="operating-system">Linux</tag></HostProperties>\n')
        plugin = 10_000 + number * 7 % 1201
        out.write(
            f'<ReportItem port="{1 + item}" svc_name="www" protocol="tcp" severity="{plugin % 5}" '
            f'pluginID="{plugin}" pluginName="Defect {plugin}" pluginFamily="Web Servers">\n'
            f"<bid>{plugin}</bid>\n<cpe>cpe:/a:example:service</cpe>\n<cve>CVE-2021-{plugin}</cve>\n"
            f"<cve>CVE-2022-{plugin}</cve>\n<cvss3_base_score>7.5</cvss3_base_score>\n"
            "<cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</cvss3_vector>\n"
            "<cvss_base_score>5.0</cvss_base_score>\n<cvss_vector>CVSS2#AV:N/AC:L/Au:N/C:P/I:N/A:N</cvss_vector>\n"
            f"<cwe>200</cwe>\n<description>{PARAGRAPH * 3}</description>\n"
            "<exploit_available>false</exploit_available>\n<exploitability_ease>No known exploits are "
            "available</exploitability_ease>\n<fname>service_defect.nasl</fname>\n"
            "<plugin_modification_date>2023/04/11</plugin_modification_date>\n"
            f"<plugin_name>Defect {plugin}</plugin_name>\n<plugin_publication_date>2021/05/01"
            "</plugin_publication_date>\n<plugin_type>remote</plugin_type>\n<risk_factor>Medium</risk_factor>\n"
            "<script_version>1.9</script_version>\n<see_also>https://example.org/advisory/1\n"
            "https://example.org/advisory/2</see_also>\n<solution>Upgrade to version 7.3.24 or later.</solution>\n"
            "<synopsis>The remote service is affected by several defects.</synopsis>\n"
            "<vuln_publication_date>2021/04/30</vuln_publication_date>\n<xref>IAVA:2021-A-0001</xref>\n"
            f"<plugin_output>\n  URL               : http://server-{host:05d}.example.org:{item}/\n"
            "  Installed version : 7.3.1\n  Fixed version     : 7.3.24\n</plugin_output>\n</ReportItem>\n"
        )
    out.write("</ReportHost>\n</Report>\n</NessusClientData_v2>\n")


def trivy(out: TextIO, findings: int) -> None:
    """`findings` vulnerabilities of one image, about 2 KB each."""
    out.write('{"SchemaVersion": 2, "CreatedAt": "2024-01-15T08:58:29.827537Z", "ArtifactName": "shop:1.0",\n')
    out.write('"ArtifactType": "container_image", "Metadata": {"OS": {"Family": "debian", "Name": "12.5"}},\n')
    out.write('"Results": [{"Target": "shop:1.0 (debian 12.5)", "Class": "os-pkgs", "Type": "debian",\n')
    out.write('"Vulnerabilities": [\n')
    for number in range(findings):
        vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"
        row = {
            "VulnerabilityID": f"CVE-2021-{10_000 + number % 50_000}",
            "PkgID": f"package-{number}@1.2.3",
            "PkgName": f"package-{number}",
            "PkgIdentifier": {"PURL": f"pkg:deb/debian/package-{number}@1.2.3?arch=amd64&distro=debian-12.5"},
            "InstalledVersion": "1.2.3",
            "FixedVersion": "1.2.4",
            "Status": "fixed",
            "Layer": {"Digest": "sha256:" + "ab" * 32, "DiffID": "sha256:" + "cd" * 32},
            "SeveritySource": "nvd",
            "PrimaryURL": f"https://example.org/cve-2021-{number}",
            "DataSource": {"ID": "debian", "Name": "Debian Security Tracker", "URL": "https://example.org/debian"},
            "Title": "package: memory can be read through crafted requests",
            "Description": PARAGRAPH * 4,
            "Severity": ("LOW", "MEDIUM", "HIGH", "CRITICAL", "UNKNOWN")[number % 5],
            "CweIDs": ["CWE-200"],
            "VendorSeverity": {"nvd": 3, "redhat": 2},
            "CVSS": {
                "nvd": {"V2Vector": "AV:N/AC:L/Au:N/C:P/I:N/A:N", "V3Vector": vector, "V2Score": 5, "V3Score": 7.5},
                "redhat": {"V3Vector": vector, "V3Score": 7.5},
            },
            "References": [f"https://example.org/reference/{number}/{one}" for one in range(6)],
            "PublishedDate": "2021-05-01T00:15:00Z",
            "LastModifiedDate": "2023-04-11T13:15:00Z",
        }
        out.write((",\n" if number else "") + json.dumps(row, indent=1))
    out.write("\n]}]}\n")


def measure(path: Path) -> dict[str, float]:
    """Findings, seconds of processor time, megabytes and findings per second, and the peak of resident memory in
    megabytes, of reading a file once in this process."""
    import resource
    import time

    from accord.intake.records import Observation
    from accord.intake.registry import read_scan

    before = time.process_time()
    findings = sum(isinstance(record, Observation) for record in read_scan(path))
    spent = time.process_time() - before
    size = path.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "findings": findings,
        "seconds": round(spent, 2),
        "megabytes": round(size, 1),
        "megabytes_per_second": round(size / spent, 1),
        "findings_per_second": round(findings / spent),
        "peak_megabytes": round(peak, 1),
    }


def main() -> None:
    if sys.argv[1] == "measure":
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    with Path(sys.argv[3]).open("w", encoding="utf-8") as out:
        {"nessus": nessus, "trivy": trivy}[sys.argv[1]](out, int(sys.argv[2]))


if __name__ == "__main__":
    main()
