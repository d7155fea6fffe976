"""Acunetix 360 and Invicti (Netsparker) Enterprise, vulnerabilities list as JSON, read from its export.

A vulnerability is one observation at its URL and parameter. States that people set there are carried as the analysis;
what is fixed is no observation. The list does not tell which checks ran: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.places import plain, site
from accord.intake.records import Analysis, Observation, Record, ScanHeader
from accord.intake.report import Found, Report, head, joined, objects, ratings, severity
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

WORDS = {"bestpractice": "info", "best practice": "info"}


def read(source: Source) -> Iterator[Record]:
    """Records of one list; IntakeError where it cannot be read."""
    report = Report(source)
    told = head(source, ("Generated", "Target"))
    place = clean.mapping(told.get("Target"))
    made = clean.when(clean.line(told.get("Generated"), 40))
    yield ScanHeader("acunetix-360", "Acunetix 360", None, clean.when(clean.line(place.get("Initiated"), 40)), made)
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "Vulnerabilities":
                for row in objects(document):
                    yield from report.add(_seen(row, place), document.pointer())
        document.end()
    yield from report.end(made)


def _seen(row: dict[str, Any], place: dict[str, Any]) -> Iterator[Found]:
    name = clean.line(row.get("Type") or row.get("LookupId") or row.get("Name"), 300)
    if name is None:
        raise Unreadable("Type", "A vulnerability has no type and no name.")
    where = site(row.get("Url")) or site(place.get("Url"))
    if where is None:
        raise Unreadable("Url", "A vulnerability names no address.")
    target, port, path = where
    yield target
    states = (clean.line(row.get("State"), 200) or "").lower()
    if "fixed" in states and "unfixed" not in states and "notfixed" not in states:
        return
    analysis: Analysis | None = None
    if "falsepositive" in states.replace(" ", ""):
        analysis = "false_positive"
    elif "acceptedrisk" in states.replace(" ", "") or "ignored" in states:
        analysis = "suppressed"
    known = clean.mapping(row.get("Classification"))
    newest, older = (clean.mapping(known.get(one)) for one in ("Cvss31", "Cvss"))
    score = clean.mapping((newest or older).get("BaseScore")).get("Value")
    vectors, rated, _ = ratings([newest.get("Vector"), older.get("Vector")], score)
    word = (clean.line(row.get("Severity"), 30) or "").lower()
    yield Observation(
        target=target.identity,
        definition_id=f"acunetix-360:{name}",
        title=clean.line(row.get("Name"), 500) or name,
        kind="vulnerability",
        check=f"acunetix-360:{name}",
        description=joined(plain(row.get("Description")), plain(row.get("Impact"))),
        solution=joined(plain(row.get("RemedialActions")), plain(row.get("RemedialProcedure"))),
        severity=severity(WORDS.get(word, word)),
        cvss_vectors=vectors,
        cvss_score=rated,
        cwes=clean.cwes(known.get("Cwe"), *str(known.get("Cwe") or "")[:200].split(",")),
        port=port,
        path=path,
        anchor=clean.line(row.get("Parameter") or row.get("ParameterName"), 300),
        evidence=clean.line(row.get("Url"), 2000),
        seen_at=clean.when(clean.line(row.get("LastSeenDate"), 40)),
        analysis=analysis,
    )
