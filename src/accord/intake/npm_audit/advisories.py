"""Advisories as npm's registry tells them, in the shapes of npm 6, npm 7 and yarn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.purl import purl
from accord.intake.records import Observation
from accord.intake.report import Found
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

GROUP = "npm-audit:vulnerabilities"
_BELOW = re.compile(r"<\s*v?(\d[0-9A-Za-z.+-]{0,60})\s*$")
_FROM = re.compile(r">=\s*v?(\d[0-9A-Za-z.+-]{0,60})\s*$")
_NODES = "node_modules/"


def old(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """One advisory of npm 6, pnpm and yarn: an observation per installed version."""
    number = clean.line(row.get("id"), 50)
    ghsa = _ghsa(row.get("github_advisory_id"), row.get("url"))
    definition = ghsa or next(iter(_cves(row)), None) or (f"npm:{number}" if number else None)
    if definition is None:
        raise Unreadable("id", "The identifier of an advisory is missing.")
    rating = clean.mapping(row.get("cvss"))
    vectors, score, band = report.ratings([rating.get("vectorString")], rating.get("score") or None)
    name = clean.line(row.get("module_name"), 300)
    fixed = _fixed(row.get("patched_versions"))
    aliases = report.identifiers(ghsa, _cves(row), f"npm:{number}" if number else None)
    title = clean.line(row.get("title"), 400)
    findings = [clean.mapping(one) for one in clean.listing(row.get("findings"))[:10_000]] or [{}]
    for finding in findings:
        version = clean.line(finding.get("version"), 100)
        paths = clean.lines(finding.get("paths") or (), 500, 20)
        yield Observation(
            target=identity,
            definition_id=definition,
            title=title or (f"{definition} in {name}" if name else definition),
            kind="vulnerability",
            check=f"npm-audit:{definition}",
            aliases=report.without(aliases, definition),
            description=clean.text(row.get("overview"), 20_000),
            solution=clean.text(row.get("recommendation"), 2000),
            severity=report.severity(row.get("severity")) or band,
            cvss_vectors=vectors,
            cvss_score=score,
            cwes=clean.cwes(_weaknesses(row.get("cwe"))),
            component=name,
            component_version=version,
            purl=purl("npm", name, version),
            fixed_version=fixed,
            evidence="\n".join(paths) or None,
            references=_links(row),
            group=GROUP,
        )


def new(via: dict[str, Any], package: dict[str, Any], identity: str) -> Iterator[Found]:
    """One advisory of npm 7+ on the package that it is about: an observation per place in node_modules."""
    number = clean.line(via.get("source"), 50)
    ghsa = _ghsa(via.get("url"))
    definition = ghsa or (f"npm:{number}" if number else None)
    if definition is None:
        raise Unreadable("via.source", "The identifier of an advisory is missing.")
    name = clean.line(via.get("dependency") or via.get("name") or package.get("name"), 300)
    rating = clean.mapping(via.get("cvss"))
    vectors, score, band = report.ratings([rating.get("vectorString")], rating.get("score") or None)
    users = ", ".join(clean.lines(package.get("effects") or (), 200, 20))
    aliases = (f"npm:{number}",) if ghsa and number else ()
    for node in clean.lines(clean.listing(package.get("nodes")), 500, 1000) or (None,):
        yield Observation(
            target=identity,
            definition_id=definition,
            title=clean.line(via.get("title"), 400) or (f"{definition} in {name}" if name else definition),
            kind="vulnerability",
            check=f"npm-audit:{definition}",
            aliases=aliases,
            solution=_advice(package.get("fixAvailable")),
            severity=report.severity(via.get("severity")) or band,
            cvss_vectors=vectors,
            cvss_score=score,
            cwes=clean.cwes(via.get("cwe") or ()),
            component=name,
            purl=purl("npm", name),
            fixed_version=_fixed(via.get("range")),
            path=node,
            evidence=report.joined(
                f"Vulnerable versions: {via.get('range')}" if via.get("range") else None,
                f"Brings its dependents with it: {users}" if users else None, between="\n",
            ),
            references=clean.urls([via.get("url")], 5),
            group=GROUP,
        )  # fmt: skip


def tree(row: dict[str, Any], identity: str) -> Iterator[Found]:
    """One line of `yarn npm audit --json` of yarn 4: {"value": package, "children": {…}}."""
    told = clean.mapping(row.get("children"))
    name = clean.line(row.get("value"), 300)
    number = clean.line(told.get("ID"), 200)
    ghsa = _ghsa(told.get("URL"))
    definition = ghsa or (f"npm:{number}" if number else None)
    if definition is None or name is None:
        raise Unreadable("children.ID", "The identifier of an advisory or its package is missing.")
    deprecated = number is not None and number.endswith("(deprecation)")
    for version in clean.lines(told.get("Tree Versions") or (), 100, 1000) or (None,):
        yield Observation(
            target=identity,
            definition_id=f"yarn:deprecated/{name}" if deprecated else definition,
            title=f"{name} is no longer maintained" if deprecated else clean.line(told.get("Issue"), 400) or definition,
            kind="vulnerability",
            check="yarn:deprecated" if deprecated else f"npm-audit:{definition}",
            aliases=(f"npm:{number}",) if ghsa and number else (),
            description=clean.text(told.get("Issue"), 5000),
            severity="info" if deprecated else report.severity(told.get("Severity")),
            component=name,
            component_version=version,
            purl=purl("npm", name, version),
            fixed_version=_fixed(told.get("Vulnerable Versions")),
            evidence="\n".join(clean.lines(told.get("Dependents") or (), 300, 50)) or None,
            references=clean.urls([told.get("URL")], 5),
            group=GROUP,
        )


def _ghsa(*told: object) -> str | None:
    for one in told:
        if isinstance(one, str):
            found = [name for name in clean.advisories(one[:500]) if name.startswith("GHSA")]
            if found:
                return found[0]
    return None


def _cves(row: dict[str, Any]) -> tuple[str, ...]:
    return report.identifiers(row.get("cves"))


def _weaknesses(told: object) -> object:
    """A list, one text, or a list written as text."""
    if isinstance(told, str) and told.startswith("[") and len(told) < 5000:
        try:
            return json.loads(told)
        except (ValueError, RecursionError):
            return told
    return told or ()


def _fixed(told: object) -> str | None:
    """The first fixed version, from the patched range (">=1.2.3") or from the end of the vulnerable one."""
    if not isinstance(told, str) or len(told) > 1000:
        return None
    last = told.rpartition("||")[2].strip()
    found = _FROM.search(last) or _BELOW.search(last)
    return found[1] if found else None


def _links(row: dict[str, Any]) -> tuple[str, ...]:
    told = row.get("references")
    words = told.replace("- ", " ").split() if isinstance(told, str) else clean.listing(told)
    return clean.urls([row.get("url"), *words[:100]], 50)


def _advice(told: object) -> str | None:
    if not isinstance(told, dict):
        return "A fix is available (npm audit fix)." if told is True else None
    name, version = clean.line(told.get("name"), 300), clean.line(told.get("version"), 100)
    if not name or not version:
        return None
    return f"Install {name} {version}" + (", a new major version." if told.get("isSemVerMajor") is True else ".")
