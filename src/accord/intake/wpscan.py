"""WPScan JSON (`wpscan --format json`), read from WPScan's own templates of it
(https://github.com/wpscanteam/wpscan, app/views/json).

One instance per vulnerability of WordPress, a plugin or a theme; what else is worth knowing tells what runs there, and
configurations and databases that lie open are misconfigurations. A component that was found was looked up as a whole,
unless WPScan had no access to its database of vulnerabilities. A scan that was aborted is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places import site
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

_HEAD = ("banner", "target_url", "effective_url", "target_ip", "start_time", "stop_time", "vuln_api", "scan_aborted")
OPEN = {"config_backups": "A copy of the configuration can be read", "db_exports": "A copy of the database can be read"}


class _Scan:
    """What every row of one report needs."""

    def __init__(self, source: Source, told: dict[str, Any]) -> None:
        place = site(told.get("target_url")) or site(told.get("effective_url"))
        self.target = place[0] if place else Target("application", source.stem)
        self.port = place[1] if place else None
        self.made = clean.when(told.get("stop_time"))
        self.known = not clean.mapping(told.get("vuln_api")).get("error")


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    told = report.head(source, _HEAD)
    version = clean.line(clean.mapping(told.get("banner")).get("version"), 50)
    here = _Scan(source, told)
    yield ScanHeader("wpscan", "WPScan", version, clean.when(told.get("start_time")), here.made, here.target.name)
    scan = Report(source, "Run WPScan again.")
    yield from scan.add([here.target])
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "interesting_findings":
                yield from scan.rows(document, _interesting, here)
            elif key == "version":
                yield from _component(document.value(), ("core", "wordpress"), here, scan, key)
            elif key == "main_theme":
                yield from _component(document.value(), ("theme", None), here, scan, key)
            elif key in ("plugins", "themes"):
                for slug in document.names():
                    yield from _component(document.value(), (key[:-1], slug), here, scan, document.pointer())
            elif key in OPEN:
                for address in document.names():
                    document.skip()
                    yield from scan.add(_lies_open(key, address, here), document.pointer())
        document.end()
    yield from scan.end(here.made, False if told.get("scan_aborted") else None)


def _path(url: object) -> str | None:
    place = site(url)
    return place[2] if place else None


def _interesting(row: dict[str, Any], here: _Scan) -> Iterator[Found]:
    kind = clean.line(row.get("type"), 100)
    if kind is None:
        raise Unreadable("type", "A finding has no type.")
    entries = clean.lines(clean.listing(row.get("interesting_entries")), 500, 50)
    yield Observation(
        target=here.target.identity,
        definition_id=f"wpscan:{kind}",
        title=clean.line(row.get("to_s"), 400) or kind,
        kind="service",
        check=f"wpscan:{kind}",
        severity="info",
        port=here.port,
        path=_path(row.get("url")),
        evidence=report.joined(*entries, clean.line(row.get("found_by"), 200), between="\n", limit=5000),
        references=clean.urls(clean.listing(clean.mapping(row.get("references")).get("url")), 20),
        seen_at=here.made,
    )


def _component(
    told: object, named: tuple[str, str | None], here: _Scan, scan: Report, where: str
) -> Iterator[Record]:  # fmt: skip
    """The vulnerabilities of WordPress itself, a plugin or a theme."""
    row = clean.mapping(told)
    kind, slug = named[0], clean.line(row.get("slug"), 200) or clean.line(named[1], 200)
    if not row or slug is None:
        return
    version = row.get("number") if kind == "core" else clean.mapping(row.get("version")).get("number")
    group = f"wpscan:{kind}/{slug}"
    rows = row.get("vulnerabilities")
    if isinstance(rows, list) and here.known:
        yield from scan.add([report.looked(here.target, groups=[group])])
    name = "wordpress" if kind == "core" else f"{kind}/{slug}"
    for number, one in enumerate(clean.listing(rows)[:10_000]):
        found = _vulnerability(clean.mapping(one), (name, clean.line(version, 100), group), here)
        yield from scan.add(found, f"{where}.vulnerabilities[{number}]", here.target.identity)


def _vulnerability(row: dict[str, Any], component: tuple[str, str | None, str], here: _Scan) -> Iterator[Found]:
    name, version, group = component
    title = clean.line(row.get("title"), 400)
    links = clean.mapping(row.get("references"))
    cves = tuple(f"CVE-{one.upper().removeprefix('CVE-')}" for one in clean.lines(links.get("cve") or (), 30, 50))
    numbers = tuple(f"wpscan:{one}" for one in clean.lines(links.get("wpvulndb") or (), 60, 10))
    ids = cves + numbers if len(cves) == 1 else numbers + cves
    if not ids and title is None:
        raise Unreadable("title", "A vulnerability has neither an identifier nor a title.")
    definition = ids[0] if ids else f"wpscan:{title}"
    rating = clean.mapping(row.get("cvss"))
    vectors, score, band = report.ratings([rating.get("vector")], rating.get("score"))
    fixed = clean.line(row.get("fixed_in"), 100)
    yield Observation(
        target=here.target.identity,
        definition_id=definition,
        title=title or definition,
        kind="vulnerability",
        check=definition if definition.startswith("wpscan:") else f"wpscan:{definition}",
        aliases=report.without(ids, definition),
        description=clean.text(row.get("description"), 20_000),
        solution=f"Upgrade {name} to {fixed}." if fixed else None,
        severity=band,
        cvss_vectors=vectors,
        cvss_score=score,
        component=name,
        component_version=version,
        fixed_version=fixed,
        references=clean.urls(clean.listing(links.get("url")), 50),
        seen_at=here.made,
        group=group,
    )


def _lies_open(kind: str, address: str, here: _Scan) -> Iterator[Found]:
    check = f"wpscan:{kind.removesuffix('s').replace('_', '-')}"
    yield Observation(
        target=here.target.identity,
        definition_id=check,
        title=OPEN[kind],
        kind="misconfiguration",
        check=check,
        port=here.port,
        path=_path(address),
        evidence=clean.line(address, 1000),
        seen_at=here.made,
    )
