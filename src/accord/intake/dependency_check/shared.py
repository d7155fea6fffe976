"""What OWASP Dependency-Check says of one dependency, in XML and JSON alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from accord.intake import report
from accord.intake.purl import named, purl
from accord.intake.records import Observation, Target
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

GROUP = "dependency-check:vulnerabilities"
REMEDY = "Run Dependency-Check again."
BASE = {
    "AV": "attackVector", "AC": "attackComplexity", "PR": "privilegesRequired", "UI": "userInteraction", "S": "scope",
    "C": "confidentialityImpact", "I": "integrityImpact", "A": "availabilityImpact",
}  # fmt: skip


@dataclass(slots=True)
class Dependency:
    """One dependency: its names by scheme ("package", "maven", "cpe"), its weaknesses as written, and those that a
    suppression takes out."""

    file: str | None
    path: str | None
    packages: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    related: list[str] = field(default_factory=list)
    weaknesses: list[dict[str, Any]] = field(default_factory=list)
    suppressed: list[dict[str, Any]] = field(default_factory=list)

    def component(self) -> tuple[str | None, str | None, str | None]:
        """Name, version and package URL: by the package URL, else by the coordinates of Maven or the CPE that it was
        found by, else by the file."""
        found = next((one for one in self.packages if one.startswith("pkg:")), None)
        if found:
            return *named(found), found
        for one in self.packages + self.others:
            if one.startswith("cpe:"):
                parts = one.removeprefix("cpe:2.3:").removeprefix("cpe:/").split(":")
                if len(parts) > 2:
                    return parts[2], next((part for part in parts[3:4] if part not in ("*", "-", "")), None), None
            elif one.count(":") == 2:
                name, _, version = one.rpartition(":")
                return name, version or None, purl("maven", name, version or None)
        return self.file, None, None

    def place(self, known: bool) -> str | None:
        """Where it sits inside what was scanned: the archive that holds it; the file, where nothing else names it.
        The whole path belongs to the machine of the build, and is told in the evidence."""
        holder, inside, _ = (self.file or "").rpartition(": ")
        return report.path(holder if inside else None if known else self.file or self.path)


def project(told: Mapping[str, Any], otherwise: str) -> Target:
    """What was scanned, by the name that the scan was given."""
    return Target(
        "repository", clean.line(told.get("name"), 300) or clean.line(told.get("artifactID"), 300) or otherwise
    )


def found(dependency: Dependency, identity: str) -> Iterator[Found]:
    """One observation per weakness of a dependency; suppressed ones stay, marked so."""
    yield from report.apart(_weakness(one, dependency, identity, False) for one in dependency.weaknesses)
    yield from report.apart(_weakness(one, dependency, identity, True) for one in dependency.suppressed)


def _weakness(told: Mapping[str, Any], dependency: Dependency, identity: str, suppressed: bool) -> Iterator[Found]:
    identifier = clean.line(told.get("name"), 300)
    if identifier is None:
        raise Unreadable("name", "A vulnerability has no name.")
    known = clean.advisories(identifier)
    number = identifier.isdecimal() and str(told.get("source")).upper() == "NPM"
    definition = known[0] if known else f"npm:{identifier}" if number else f"dependency-check:{identifier}"
    name, version, package = dependency.component()
    vectors, score, band = _ratings(told)
    yield Observation(
        target=identity,
        definition_id=definition,
        title=f"{identifier} in {name}" if name else identifier,
        kind="vulnerability",
        check=f"dependency-check:{identifier}",
        aliases=report.without(known, definition),
        description=clean.text(told.get("description"), 20_000),
        severity=report.severity(told.get("severity")) or band,
        cvss_vectors=vectors,
        cvss_score=score,
        cwes=clean.cwes(told.get("cwes") or ()),
        component=name,
        component_version=version,
        purl=clean.line(package, 500),
        path=dependency.place(package is not None),
        evidence=report.joined(dependency.path, *dependency.related[:50], limit=5000, between="\n"),
        references=clean.urls(told.get("urls") or (), 100),
        group=GROUP,
        analysis="suppressed" if suppressed else None,
        analysis_detail=clean.text(told.get("notes"), 2000) if suppressed else None,
    )


def _ratings(told: Mapping[str, Any]) -> tuple[tuple[str, ...], float | None, Any]:
    """Vectors, score and severity, newest CVSS version first. Version 3 is written in its parts."""
    four, three, two = (clean.mapping(told.get(name)) for name in ("cvssv4", "cvssv3", "cvssv2"))
    scores = (four.get("baseScore"), three.get("baseScore"), two.get("score") or two.get("baseScore"),
              told.get("cvssScore"))  # fmt: skip
    score = next((value for one in scores if (value := clean.score(one)) is not None), None)
    vectors, rated, band = report.ratings(
        [four.get("vectorString"), three.get("vectorString") or _vector(three)], score
    )
    words = (one.get(name) for one in (four, three, two) for name in ("baseSeverity", "baseSeverity>", "severity"))
    return vectors, rated, next((level for one in words if (level := report.severity(one))), band)


def _vector(three: Mapping[str, Any]) -> str | None:
    """The vector of CVSS 3 from its parts; None where one is missing or the version is not told."""
    version = clean.line(three.get("version"), 5)
    letters = {short: str(three.get(name) or "")[:1].upper() for short, name in BASE.items()}
    if version not in ("3.0", "3.1") or not all(letters.values()):
        return None
    return f"CVSS:{version}/" + "/".join(f"{short}:{letter}" for short, letter in letters.items())


def lines(values: Iterable[object], limit: int = 500, items: int = 50) -> list[str]:
    """One-line texts of a list, in their order."""
    return list(clean.lines([one for one in values if isinstance(one, str)], limit, items))
