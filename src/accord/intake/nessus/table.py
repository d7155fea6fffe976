"""Nessus results as CSV: of Nessus and Tenable Vulnerability Management ("Plugin ID, CVE, CVSS, Risk, Host …"), of
Tenable Security Center ("Plugin, Plugin Name, Family …"), of Tenable's Explore pages ("asset.…; definition.…"), and
of Tenable Web App Scanning.

Read from Tenable's descriptions of these exports. Rows of one plugin, host and port that differ only in the CVE are
one observation. Definitions carry the names that the XML gives them, so both reports meet. A CSV does not tell what
ran: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from accord.intake.nessus.definitions import RISK, SEVERITY, _kind
from accord.intake.places import host, protocol, site
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, joined, ratings
from accord.intake.safe import text as clean
from accord.intake.safe.csv_reader import Row, table
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

CLASSIC = ("Plugin ID", "Risk", "Host", "Protocol", "Port", "Name")
CENTER = ("Plugin", "Plugin Name", "Severity", "IP Address", "Port")
EXPLORE = ("definition.id", "definition.name", "asset.name", "severity")
_PLUGIN = ("plugin id", "plugin", "definition.id")
_NAME = ("name", "plugin name", "definition.name")
_RISK = ("severity", "risk", "risk factor", "definition.severity")
_SCORES = (
    "cvss v4.0 base score", "cvss v4 base score", "definition.cvss4.base_score", "cvssv4", "cvss v3.0 base score",
    "cvss v3 base score", "cvss3 base score", "definition.cvss3.base_score", "cvssv3",
    "cvss v2 base score", "cvss v2.0 base score",
    "definition.cvss2.base_score", "cvss base score", "cvss",
)  # fmt: skip
_VECTORS = (
    "cvss v4 vector", "definition.cvss4.base_vector", "cvss v3 vector", "cvss v3.0 vector", "cvss3 vector",
    "definition.cvss3.base_vector", "cvss v2 vector", "definition.cvss2.base_vector", "cvss vector",
)  # fmt: skip
_OUTPUT = ("plugin output", "output")
_TIMES = ("last observed", "last_seen", "last seen", "last found", "host end")
_WEB = {"http", "https"}


# The columns from which a plugin, and a host, is read: rows that agree in them say the same of it.
_DEFINING = frozenset((
    *_PLUGIN, *_NAME, *_RISK, *_SCORES, *_VECTORS, "family", "plugin family", "definition.family", "synopsis",
    "definition.synopsis", "description", "definition.description", "solution", "steps to remediate",
    "definition.solution", "cwe", "definition.cwe", "cross references", "xref", "see also", "definition.see_also",
    "check type", "plugin type", "definition.type",
))  # fmt: skip
_PLACING = frozenset((
    "host", "protocol", "dns name", "asset.display_fqdn", "fqdn", "ip address", "asset.display_ipv4_address",
    "asset.display_ipv6_address", "netbios name", "netbios", "asset.netbios_name", "asset.host_name", "asset.name",
    "mac address", "asset.display_mac_address", "agent id", "asset.id", "asset.operating_system", "os",
))  # fmt: skip
KEPT = 5000
Value = TypeVar("Value")


class _Once(Generic[Value]):
    """Reads what rows agree in once: keeps the last few thousand answers by the cells that they were read from."""

    def __init__(self, names: Iterable[str], read: Callable[[Row], Value]) -> None:
        self._names = tuple(dict.fromkeys(names))
        self._read = read
        self._known: dict[tuple[str | None, ...], Value] = {}

    def of(self, row: Row) -> Value:
        cells = row.cells
        key = tuple([cells.get(name) for name in self._names])
        found = self._known.get(key)
        if found is None:
            found = self._read(row)
            if len(self._known) >= KEPT:
                self._known.clear()
            if sum(len(cell) for cell in key if cell) < 4000:
                self._known[key] = found
        return found


def read(source: Source) -> Iterator[Record]:
    """Records of one CSV; IntakeError where it cannot be read."""
    report = Report(source)
    with table(source, CLASSIC, CENTER, EXPLORE) as found:
        yield ScanHeader("nessus-csv", "Nessus")
        plugins = _Once((name for name in found.names if name in _DEFINING), _plugin)
        hosts = _Once((name for name in found.names if name in _PLACING), _target)
        for row, cves in _merged(found.rows):
            yield from report.add(_row(row, cves, plugins, hosts), row.number)
    yield from report.end(None)


def _merged(rows: Iterator[Row]) -> Iterator[tuple[Row, dict[str, None]]]:
    """Rows that stand together and differ only in the CVE, as one with all of these."""
    held: Row | None = None
    cves: dict[str, None] = {}
    for row in rows:
        found = clean.cves(row.get("cve", "definition.cve")[:20_000])
        if held is not None and not row.problem and not held.problem and _key(row) == _key(held):
            if len(cves) < 500:
                cves.update(dict.fromkeys(found))
            continue
        if held is not None:
            yield held, cves
        held, cves = row, dict.fromkeys(found)
    if held is not None:
        yield held, cves


def _key(row: Row) -> tuple[str, ...]:
    place = ("host", "ip address", "dns name", "asset.id", "asset.name", "protocol", "port", *_OUTPUT)
    return (row.get(*_PLUGIN), *(row.cells.get(name, "") for name in place))


def _row(
    row: Row, cves: dict[str, None], plugins: _Once[dict[str, Any]], hosts: _Once[Target | None]
) -> Iterator[Found]:
    if row.problem:
        raise Unreadable("row", row.problem)
    plugin = row.get(*_PLUGIN)
    if not (plugin.isascii() and plugin.isdigit() and len(plugin) <= 12):
        raise Unreadable("Plugin ID", "The plugin number is missing.")
    target = hosts.of(row)
    if target is None:
        raise Unreadable("Host", "The row names no host.")
    yield target
    fields = plugins.of(row)
    port = clean.port(row.get("port"))
    yield Observation(
        target=target.identity,
        definition_id=f"nessus:{plugin}",
        kind=_kind(fields["severity"], tuple(cves), fields["cvss_score"] or None),
        check=f"nessus:{plugin}",
        aliases=tuple(cves),
        port=port,
        protocol=protocol(row.get("protocol"), port),
        evidence=clean.text(row.get(*_OUTPUT), 20_000),
        seen_at=clean.when(row.get(*_TIMES)),
        **fields,
    )


def _plugin(row: Row) -> dict[str, Any]:
    """The fields of an Observation that a plugin says of itself."""
    told = row.get(*_RISK).lower()
    severity = RISK.get(told) or SEVERITY.get(told) or ("info" if told == "info" else None)
    score = next((one for name in _SCORES if (one := clean.score(row.cells.get(name))) is not None), None)
    vectors, _, _ = ratings(row.cells.get(name, "") for name in _VECTORS)
    family = clean.line(row.get("family", "plugin family", "definition.family"), 200)
    texts = (row.get("synopsis", "definition.synopsis"), row.get("description", "definition.description"))
    solution = clean.text(row.get("solution", "steps to remediate", "definition.solution"), 20_000)
    return {
        "title": clean.line(row.get(*_NAME), 500) or f"Nessus plugin {row.get(*_PLUGIN)}",
        "description": joined(*texts),
        "solution": None if solution == "n/a" else solution,
        "severity": severity,
        "cvss_vectors": vectors,
        "cvss_score": score,
        "cwes": clean.cwes(row.get("cwe", "definition.cwe"), row.get("cross references", "xref").replace("#", "")),
        "references": clean.urls(row.get("see also", "definition.see_also"), 100),
        "group": f"nessus-family:{family}" if family else None,
        "needs_credentials": row.get("check type", "plugin type", "definition.type").lower() == "local",
    }


def _target(row: Row) -> Target | None:
    name = row.get("host")
    if name and (row.get("protocol").lower() in _WEB or "://" in name):
        found = site(name)
        if found is not None:
            return found[0]
    return host(
        name,
        row.get("dns name", "asset.display_fqdn", "fqdn"),
        row.get("ip address", "asset.display_ipv4_address"),
        row.get("asset.display_ipv6_address"),
        row.get("netbios name", "netbios", "asset.netbios_name"),
        row.get("asset.host_name", "asset.name"),
        macs=row.get("mac address", "asset.display_mac_address").replace(",", " ").split()[:50],
        identifiers=(("agent-id", row.get("agent id")), ("tenable-asset-id", row.get("asset.id"))),
        system=row.get("asset.operating_system", "os"),
    )
