"""CycloneDX 1.6 JSON: the parts of an application with their vulnerabilities and what is said about them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from random import Random
from uuid import UUID

from accord.site.sample.company import INVENTED
from accord.site.sample.packages import Package

SEVERITIES = ("unknown", "low", "medium", "high", "critical")
STATEMENTS = (
    ("not_affected", "code_not_reachable", "The vulnerable function is not called."),
    ("not_affected", "protected_at_perimeter", "The web firewall refuses such requests."),
    ("in_triage", "", ""),
    ("exploitable", "", "The application uses the function with input from outside."),
)


def write(path: Path, name: str, version: str, purl: str, day: date, packages: Sequence[Package], rng: Random) -> Path:
    """One bill of materials. `purl` names the application itself. Returns the path."""
    parts = {one.purl: one for one in packages}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{UUID(int=rng.getrandbits(128), version=4)}",
        "version": 1,
        "metadata": {
            "timestamp": f"{day.isoformat()}T05:00:00Z",
            "tools": {"components": [{"type": "application", "name": "veldrana-bom", "version": "1.0.0"}]},
            "component": {
                "type": "application",
                "bom-ref": purl,
                "name": name,
                "version": version,
                "purl": purl,
            },
            "properties": [{"name": "veldrana:note", "value": INVENTED}],
        },
        "components": [
            {
                "type": "library",
                "bom-ref": key,
                "name": one.name.rpartition(":")[2],
                "version": one.installed,
                "purl": key,
            }
            for key, one in parts.items()
        ],
        "dependencies": [{"ref": purl, "dependsOn": list(parts)}],
        "vulnerabilities": [_vulnerability(one, rng) for one in packages],
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return path


def _vulnerability(one: Package, rng: Random) -> dict[str, object]:
    row: dict[str, object] = {
        "bom-ref": f"{one.cve}/{one.purl}",
        "id": one.cve,
        "source": {"name": "NVD", "url": f"https://nvd.nist.gov/vuln/detail/{one.cve}"},
        "description": one.text,
        "affects": [{"ref": one.purl, "versions": [{"version": one.installed, "status": "affected"}]}],
    }
    if one.vector:
        rating = {
            "score": one.score,
            "severity": SEVERITIES[one.severity],
            "method": "CVSSv31",
            "vector": one.vector,
        }
        row["ratings"] = [{"source": {"name": "NVD"}, **rating}]
    if one.cwes:
        row["cwes"] = [int(cwe.removeprefix("CWE-")) for cwe in one.cwes]
    if one.fixed:
        row["recommendation"] = f"Update {one.name} to {one.fixed}."
    if one.published:
        row["published"] = f"{one.published}T00:00:00Z"
    if rng.random() < 0.12:
        state, reason, detail = rng.choice(STATEMENTS)
        told = {"state": state, "justification": reason, "detail": detail}
        row["analysis"] = {key: value for key, value in told.items() if value}
    return row
