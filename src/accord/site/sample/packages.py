"""Vulnerable packages of the sample's container images and applications."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from accord.site.sample.company import sheet
from accord.site.sample.weaknesses import describe, facts, history, score_of

ECOSYSTEMS = ("image-os", "python", "pypi", "npm", "maven", "go")


@dataclass(frozen=True)
class Package:
    """One vulnerability of one package. `severity` 0 = unknown … 4 = critical."""

    cve: str
    ecosystem: str
    name: str
    installed: str
    fixed: str
    purl: str
    severity: int
    vector: str
    score: float | None
    cwes: tuple[str, ...]
    text: str
    published: str


def _purl(ecosystem: str, name: str, version: str) -> str:
    if ecosystem == "image-os":
        return f"pkg:deb/debian/{name}@{version}?arch=amd64&distro=debian-12.5"
    if ecosystem == "maven":
        group, _, artifact = name.partition(":")
        return f"pkg:maven/{group}/{artifact}@{version}"
    if ecosystem == "npm":
        return f"pkg:npm/{name.replace('@', '%40')}@{version}"
    if ecosystem == "go":
        return f"pkg:golang/{name}@{version}"
    return f"pkg:{'generic' if ecosystem == 'python' else 'pypi'}/{name.lower()}@{version}"


def _severity(score: float | None) -> int:
    if score is None:
        return 0
    return 4 if score >= 9 else 3 if score >= 7 else 2 if score >= 4 else 1


@cache
def catalogue() -> dict[str, tuple[Package, ...]]:
    """Ecosystem → every vulnerable package that the sample knows."""
    found: dict[str, list[Package]] = {name: [] for name in ECOSYSTEMS}
    for row in sheet("products"):
        if row["platform"] not in found:
            continue
        cve, score = row["cve"], score_of(row["cve"])
        revision = "-1" if row["platform"] == "image-os" else ""
        installed = row["installed"] + revision
        found[row["platform"]].append(
            Package(
                cve=cve, ecosystem=row["platform"], name=row["component"], installed=installed,
                fixed=row["fixed"] and row["fixed"] + revision,
                purl=_purl(row["platform"], row["component"], installed), severity=_severity(score),
                vector=facts()[cve]["cvss31"], score=score, cwes=tuple(facts()[cve]["cwe"].split()),
                text=describe(cve, row["component"]), published=facts()[cve]["published"],
            )
        )  # fmt: skip
    return {name: tuple(rows) for name, rows in found.items()}


def of_image(language: str, rng: Random) -> list[tuple[Package, str]]:
    """Vulnerable packages of an image with their presence on the three scan dates."""
    base = min(0.95, rng.betavariate(2.0, 2.2))
    own = rng.betavariate(2.0, 2.6)
    mine = [(one, history(rng)) for one in catalogue()["image-os"] if rng.random() < base]
    kinds = ("python", "pypi") if language == "pypi" else (language,)
    mine += [(one, history(rng)) for kind in kinds for one in catalogue()[kind] if rng.random() < own]
    return mine


def of_application(language: str, rng: Random) -> list[Package]:
    """Vulnerable packages of an application that nobody has updated for a while."""
    return [one for one in catalogue()[language] if rng.random() < 0.8]
