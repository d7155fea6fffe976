"""A small estate and scanner files written as the scanners write them, so that a test says only what matters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest

from accord.core import accounts
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.core.roles import Role

DAY = datetime(2026, 5, 4, 6, 0, tzinfo=UTC)
Item = tuple[int, int, int]
"""(plugin, port, severity 0–4); port 0 = the host as a whole."""


def at(days: float) -> datetime:
    """A moment, in days after the first scan."""
    return DAY + timedelta(days=days)


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


@pytest.fixture
def analyst(db: None) -> User:
    return accounts.add_account(None, "analyst@exposure.example", "Ana", [(Role.ANALYST, "")])


@pytest.fixture
def estate(analyst: User) -> User:
    """Two goals (weights 0.75 and 0.25), two capabilities, a shop on the internet, an internal payroll, four assets."""
    import_tables(
        analyst,
        [
            table("goal", "key,name,weight", "G-1,Sell,3", "G-2,Pay,1"),
            table("capability", "key,name", "C-1,Selling", "C-2,Paying"),
            table("goal_capability", "goal,capability,share", "G-1,C-1,0.8", "G-2,C-2,0.5"),
            table("unit", "key,name,parent", "U,Company,", "U-S,Sales,U", "U-H,People,U"),
            table("system", "key,name,reach", "S-SHOP,Shop,internet", "S-PAY,Payroll,internal"),
            table("capability_system", "capability,system,share", "C-1,S-SHOP,0.5", "C-2,S-PAY,1"),
            table("unit_system", "unit,system,share", "U-S,S-SHOP,1", "U-H,S-PAY,1"),
            table(
                "asset",
                "key,name,kind,hostnames,addresses,identifiers",
                "A-WEB,Web,host,web.shop.example,10.0.0.1,",
                "A-DB,Database,host,db.shop.example,10.0.0.2,aws-instance-id:i-0abc",
                "A-PAY,Payroll server,host,pay.example,10.0.0.3,",
                "A-REPO,Shop code,repository,,,repository:git.example/shop",
            ),
            table("system_asset", "system,asset,share", "S-SHOP,A-WEB,0.6", "S-SHOP,A-DB,0.4", "S-PAY,A-PAY,1"),
        ],
    )
    return analyst


def nessus_bytes(
    hosts: dict[str, Iterable[Item]],
    end: datetime | None = DAY,
    plugins: Iterable[int] | None = None,
    cves: dict[int, list[str]] | None = None,
    addresses: dict[str, str] | None = None,
    vectors: dict[int, str] | None = None,
) -> bytes:
    """A .nessus file. `plugins` is the plugin set of the policy (what was looked for); None = not told."""
    policy = ""
    if plugins is not None:
        listed = ";".join(map(str, plugins))
        policy = (
            "<Policy><policyName>p</policyName><Preferences><ServerPreferences><preference><name>plugin_set</name>"
            f"<value>{listed}</value></preference></ServerPreferences></Preferences></Policy>"
        )
    parts = [f'<?xml version="1.0" ?><NessusClientData_v2>{policy}<Report name="Weekly">']
    for host, items in hosts.items():
        tags = [f'<tag name="host-fqdn">{host}</tag>'] if not host[0].isdigit() else []
        if addresses and host in addresses:
            tags.append(f'<tag name="host-ip">{addresses[host]}</tag>')
        elif host[0].isdigit():
            tags.append(f'<tag name="host-ip">{host}</tag>')
        if end is not None:
            tags.append(f'<tag name="HOST_END_TIMESTAMP">{int(end.timestamp())}</tag>')
        parts.append(f'<ReportHost name="{host}"><HostProperties>{"".join(tags)}</HostProperties>')
        for plugin, port, severity in items:
            told = "".join(f"<cve>{cve}</cve>" for cve in (cves or {}).get(plugin, ()))
            vector = (vectors or {}).get(plugin)
            told += f"<cvss3_vector>{vector}</cvss3_vector>" if vector else ""
            name = quoteattr(f"Defect {plugin}")
            parts.append(
                f'<ReportItem port="{port}" svc_name="www" protocol="tcp" severity="{severity}" pluginID="{plugin}" '
                f"pluginName={name} pluginFamily=\"General\">{told}<synopsis>s</synopsis></ReportItem>"
            )
        parts.append("</ReportHost>")
    parts.append("</Report></NessusClientData_v2>")
    return "".join(parts).encode()


def trivy_bytes(image: str, vulnerabilities: Iterable[tuple[str, str, str]], created: datetime = DAY) -> bytes:
    """A Trivy report of an image: (identifier, package, severity)."""
    rows = [
        {"VulnerabilityID": i, "PkgName": p, "InstalledVersion": "1.0", "FixedVersion": "1.1", "Severity": s}
        for i, p, s in vulnerabilities
    ]
    report: dict[str, Any] = {
        "SchemaVersion": 2, "CreatedAt": created.isoformat(), "ArtifactName": image,
        "ArtifactType": "container_image",
        "Results": [{"Target": f"{image} (debian 12)", "Class": "os-pkgs", "Type": "debian", "Vulnerabilities": rows}],
    }  # fmt: skip
    return json.dumps(report).encode()


@pytest.fixture
def nessus(tmp_path: Path) -> Callable[..., Path]:
    """Writes a .nessus file and gives its path."""
    made = 0

    def write(hosts: dict[str, Iterable[Item]], **told: Any) -> Path:
        nonlocal made
        made += 1
        path = tmp_path / f"scan-{made}.nessus"
        path.write_bytes(nessus_bytes(hosts, **told))
        return path

    return write


@pytest.fixture
def moment() -> Callable[[float], datetime]:
    """A moment, in days after the first scan."""
    return at


@pytest.fixture
def rows() -> Callable[..., TextTable]:
    """A table by hand: name, columns by comma, rows by comma."""
    return table


@pytest.fixture
def conftest() -> Any:
    """This module, for tests that write their own files."""
    import sys

    return sys.modules[__name__]
