"""A few assets, what a scanner saw on them, and what EPSS says of it, for the organization of tests/rooms/risk."""

from __future__ import annotations

from pathlib import Path

from accord_tables import table

from accord.core.imports import import_tables
from accord.core.models import User
from accord.exposure.services import import_scan, update_feeds_from

Items = dict[str, list[tuple[int, int, int]]]
ESTATE = {
    "asset": (
        "key,name,kind,hostnames\nA-1,Web,host,web.example\nA-2,Books,host,books.example\n"
        "A-3,Stray,host,stray.example"
    ),
    "system_asset": "system,asset,share\nS-1,A-1,0.5\nS-2,A-1,0.25\nS-2,A-2,0.5",
    "dependency": "system,depends_on\nS-1,S-2\nS-3,S-1",
}  # fmt: skip
EPSS = "#model_version:v2025.03.14,score_date:2026-05-01T00:00:00+0000\ncve,epss,percentile\n"


def nessus(path: Path, hosts: Items, day: int = 4) -> Path:
    """A .nessus file that looked for plugins 1 to 9; each (plugin, port, severity) is about CVE-2024-000<plugin>."""
    listed = ";".join(map(str, range(1, 10)))
    parts = [
        '<?xml version="1.0" ?><NessusClientData_v2><Policy><policyName>p</policyName><Preferences><ServerPreferences>'
        f"<preference><name>plugin_set</name><value>{listed}</value></preference></ServerPreferences></Preferences>"
        '</Policy><Report name="Weekly">'
    ]
    for host, items in hosts.items():
        end = f'<tag name="HOST_END_TIMESTAMP">{1777870000 + day * 86400}</tag>'
        parts.append(f'<ReportHost name="{host}"><HostProperties><tag name="host-fqdn">{host}</tag>{end}')
        parts.append("</HostProperties>")
        for plugin, port, severity in items:
            parts.append(
                f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="{severity}" pluginID="{plugin}" '
                f'pluginName="Defect {plugin}" pluginFamily="General"><cve>CVE-2024-000{plugin}</cve>'
                "<synopsis>s</synopsis></ReportItem>"
            )
        parts.append("</ReportHost>")
    path.write_text("".join([*parts, "</Report></NessusClientData_v2>"]), encoding="utf-8")
    return path


def scanned_estate(organization: User, tmp_path: Path) -> User:
    """Plugin 1 and 2 have an EPSS, 3 has none, 4 is for information; 1 is on the web server on two ports."""
    import_tables(organization, [table(name, text) for name, text in ESTATE.items()])
    feed = tmp_path / "epss_scores-current.csv"
    feed.write_text(EPSS + "CVE-2024-0001,0.5,0.9\nCVE-2024-0002,0.02,0.5\n", encoding="utf-8")
    update_feeds_from(organization, [feed])
    hosts = {
        "web.example": [(1, 80, 4), (1, 443, 4), (3, 80, 3), (4, 22, 0)],
        "books.example": [(2, 80, 2)],
        "stray.example": [(1, 80, 4)],
    }
    import_scan(organization, nessus(tmp_path / "one.nessus", hosts))
    return organization
