"""Nessus XML version 2 (`.nessus`): Tenable Nessus, Tenable Vulnerability Management, Tenable Web App
Scanning.

Read from Tenable's description of the NessusClientData_v2 file format. One ReportItem is one observation; a
compliance item that passed is none. An item without severity, identifier and score is a service: it tells
what runs there. Every ReportHost is a target, also one without items. What ran is told by the policy inside
the file: the plugin set, or the families that are switched on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from accord.intake.nessus.definitions import Definitions
from accord.intake.nessus.hosts import Host, coverage, properties, settle
from accord.intake.nessus.items import observation, repeated
from accord.intake.nessus.policy import Policy, preference, selection
from accord.intake.records import Record, ScanHeader
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

ROOT = "NessusClientData_v2"
TAGS = (
    ROOT,
    "policyName",
    "preference",
    "FamilyItem",
    "PluginItem",
    "Report",
    "ReportHost",
    "HostProperties",
    "ReportItem",
)


def read(source: Source) -> Iterator[Record]:
    """Records of one `.nessus` file; IntakeError where it cannot be read."""
    from accord.intake.nessus.again import Repeats
    from accord.intake.safe.xml_reader import drop

    policy = Policy()
    tally = Tally(source)
    definitions = Definitions()
    host: Host | None = None
    title: str | None = None
    opened = reported = False
    latest: datetime | None = None
    with source.open() as reader:
        repeats = Repeats(reader, TAGS)
        for event, element in repeats.events():
            if event == "again":
                if host is not None:
                    yield repeated(element, host, tally)
                reader.mark()
                continue
            tag = element.tag
            if event == "start":
                if tag == "Report":
                    title, reported = clean.line(element.get("name"), 300), True
                elif tag == "ReportHost" and host is None:
                    host = Host(clean.line(element.get("name"), 300) or "unnamed host")
                    if not opened:
                        opened = True
                        yield ScanHeader("nessus", "Nessus", None, None, None, title or policy.name)
                continue
            if tag == "ReportItem" and host is not None:
                if not host.settled:
                    yield settle(host, tally, {})
                record = observation(element, host, definitions, tally, repeats.learn)
                if record is not None:
                    yield record
            elif tag == "HostProperties" and host is not None:
                if not host.settled:
                    yield settle(host, tally, properties(element))
            elif tag == "ReportHost" and host is not None:
                if not host.settled:
                    yield settle(host, tally, {})
                yield from coverage(host, policy, tally)
                if host.ended and (latest is None or host.ended > latest):
                    latest = host.ended
                host = None
            elif tag == "preference":
                preference(element, policy)
            elif tag in ("FamilyItem", "PluginItem"):
                selection(element, policy)
            elif tag == "policyName":
                policy.name = clean.line(element.text, 300)
            if tag not in (ROOT, "Report"):
                drop(element)
                reader.mark()
    if not reported:
        raise source.error("The file holds a policy and no report.", "Export the scan, not its policy.")
    if not opened:
        yield ScanHeader("nessus", "Nessus", None, None, None, title or policy.name)
    yield from tally.end(latest, None)
