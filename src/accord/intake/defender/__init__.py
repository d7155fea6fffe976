"""Microsoft Defender for Endpoint, vulnerabilities by machine, as JSON: answers of the API
(`/api/vulnerabilities/machinesVulnerabilities`, `SoftwareVulnerabilitiesByMachine`) and results of advanced hunting
(DeviceTvmSoftwareVulnerabilities), read from Microsoft's reference of them; and a ZIP of such answers with those of
`/api/machines` beside them (folders `machines` and `vulnerabilities`).

The answers are pages of a list and do not tell which devices were looked at: they close nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.defender.shared import machine, row
from accord.intake.records import Record, ScanHeader, Target
from accord.intake.report import Report, objects
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source

LISTS = {"value", "Results", "results"}


def read(source: Source) -> Iterator[Record]:
    """Records of one answer or of a ZIP of them; IntakeError where it cannot be read."""
    report = Report(source)
    yield ScanHeader("defender", "Microsoft Defender")
    if source.packed() == "zip":
        yield from _archive(source, report)
    else:
        yield from _vulnerabilities(source, report, {})
    yield from report.end(None)


def is_machines(name: str) -> bool:
    return name.lower().endswith(".json") and "machines" in name.lower().rpartition("/")[0].split("/")


def is_vulnerabilities(name: str) -> bool:
    return name.lower().endswith(".json") and "vulnerabilities" in name.lower().rpartition("/")[0].split("/")


def _archive(source: Source, report: Report) -> Iterator[Record]:
    from accord.intake.safe.zip_reader import members

    machines: dict[str, Target] = {}
    for inner in members(source, is_machines):
        for told in _rows(inner):
            found = machine(told)
            if found:
                source.hold(1000)
                machines[found[0]] = found[1]
    for inner in members(source, is_vulnerabilities):
        yield from _vulnerabilities(inner, report, machines)


def _vulnerabilities(source: Source, report: Report, machines: dict[str, Target]) -> Iterator[Record]:
    for number, told in enumerate(_rows(source), start=1):
        lowered = {str(name).lower(): value for name, value in told.items()}
        yield from report.add(row(lowered, machines), f"{source.name}, entry {number}")


def _rows(source: Source) -> Iterator[dict[str, Any]]:
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from objects(document)
        for key in document.names():
            if key in LISTS:
                yield from objects(document)
        document.end()
