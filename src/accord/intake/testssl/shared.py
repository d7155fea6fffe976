"""What testssl.sh says of one check, in CSV and JSON alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.places import host
from accord.intake.records import Observation, Severity
from accord.intake.report import Found, looked
from accord.intake.safe import text as clean
from accord.intake.tally import Unreadable

SEVERITY: dict[str, Severity] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
    "info": "info",
}
QUIET = {"ok", "debug"}
PROBLEM = {"fatal"}


def entry(row: dict[str, Any]) -> Iterator[Found]:
    """What one finding says. OK says that the check ran and saw nothing; INFO tells what runs there; WARN that it
    could not tell, or is worth a look: an observation of unknown severity; FATAL that it did not run."""
    check, told = clean.line(row.get("id"), 200), (clean.line(row.get("severity"), 20) or "").lower()
    if check is None:
        raise Unreadable("id", "A finding has no name.")
    name, _, address = (clean.line(row.get("ip"), 400) or "").partition("/")
    target = host(name, address)
    if target is None:
        raise Unreadable("ip", "A finding names no host.")
    yield target
    if told in PROBLEM or check == "scanProblem" or check == "scanTime":
        return
    if told not in SEVERITY and told not in QUIET and told != "warn":
        raise Unreadable("severity", "The severity is none that testssl.sh knows.")
    definition = f"testssl:{check}"
    port = clean.port(row.get("port"))
    yield looked(target, [definition])
    if told in QUIET:
        return
    cves = clean.cves(clean.line(row.get("cve"), 5000) or "")
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=check.replace("_", " ") + (f": {words}" if (words := clean.line(row.get("finding"), 200)) else ""),
        kind="service" if told == "info" else "vulnerability" if cves else "misconfiguration",
        check=definition,
        aliases=cves,
        severity=SEVERITY.get(told),
        cwes=clean.cwes(clean.line(row.get("cwe"), 500)),
        port=port,
        protocol="tcp" if port else None,
        service="tls" if port else None,
        evidence=clean.text(row.get("finding"), 20_000),
    )
