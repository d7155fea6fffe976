"""Trivy JSON image reports, schema version 2."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from pathlib import Path

from accord.site.sample.assets import Thing
from accord.site.sample.company import INVENTED
from accord.site.sample.packages import Package

OS = {"Family": "debian", "Name": "12.5"}
CLASSES = {
    "image-os": ("os-pkgs", "debian"),
    "python": ("lang-pkgs", "python-pkg"),
    "pypi": ("lang-pkgs", "python-pkg"),
    "npm": ("lang-pkgs", "node-pkg"),
    "maven": ("lang-pkgs", "jar"),
    "go": ("lang-pkgs", "gobinary"),
}
TARGETS = {"python-pkg": "Python", "node-pkg": "Node.js", "jar": "Java", "gobinary": "app/service"}
SEVERITIES = ("UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL")


def digest(text: str) -> str:
    """A stable identifier that looks like an image digest."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def write(path: Path, image: Thing, day: date, packages: Iterable[Package]) -> Path:
    """The report of one image. Returns the path."""
    name = image.name
    groups: dict[tuple[str, str], list[Package]] = {("os-pkgs", "debian"): []}
    for one in packages:
        groups.setdefault(CLASSES[one.ecosystem], []).append(one)
    layer = digest(name + "layer")
    report = {
        "SchemaVersion": 2,
        "CreatedAt": f"{day.isoformat()}T04:00:00Z",
        "ArtifactName": name,
        "ArtifactType": "container_image",
        "Metadata": {
            "OS": OS,
            "ImageID": digest(name),
            "DiffIDs": [layer],
            "RepoTags": [name],
            "RepoDigests": [f"{name.rpartition(':')[0]}@{digest(name + 'repo')}"],
            "ImageConfig": {
                "architecture": "amd64",
                "os": "linux",
                "config": {"Labels": {"note": INVENTED}},
                "rootfs": {"type": "layers", "diff_ids": [layer]},
            },
        },
        "Results": [_result(name, key, found, layer) for key, found in groups.items()],
    }
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return path


def _result(name: str, key: tuple[str, str], packages: list[Package], layer: str) -> dict[str, object]:
    target = f"{name} ({OS['Family']} {OS['Name']})" if key[0] == "os-pkgs" else TARGETS[key[1]]
    rows = [_vulnerability(one, layer) for one in packages]
    return {"Target": target, "Class": key[0], "Type": key[1], "Vulnerabilities": rows}


def _vulnerability(one: Package, layer: str) -> dict[str, object]:
    row: dict[str, object] = {
        "VulnerabilityID": one.cve,
        "PkgID": f"{one.name}@{one.installed}",
        "PkgName": one.name,
        "PkgIdentifier": {"PURL": one.purl},
        "InstalledVersion": one.installed,
        "Status": "fixed" if one.fixed else "affected",
        "Layer": {"DiffID": layer},
        "PrimaryURL": f"https://avd.aquasec.com/nvd/{one.cve.lower()}",
        "Title": f"{one.name}: {one.cve}",
        "Description": one.text,
        "Severity": SEVERITIES[one.severity],
        "CweIDs": list(one.cwes),
        "References": [f"https://nvd.nist.gov/vuln/detail/{one.cve}"],
    }
    if one.fixed:
        row["FixedVersion"] = one.fixed
    if one.vector:
        row["CVSS"] = {"nvd": {"V3Vector": one.vector, "V3Score": one.score}}
    if one.published:
        row["PublishedDate"] = f"{one.published}T00:00:00Z"
    return row
