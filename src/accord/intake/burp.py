"""Burp Suite XML ("Report issues", XML), read from the document type that each such report carries.

An issue is one observation. Issues that extensions make share one type number and are told apart by their names. The
report does not tell what was scanned beyond its issues: it closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from accord.intake.places import plain, site
from accord.intake.records import Observation, Record, ScanHeader, Severity
from accord.intake.report import Found, Report, joined
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

SEVERITY: dict[str, Severity] = {"high": "high", "medium": "medium", "low": "low", "information": "info"}
EXTENSION = "134217728"


def definition_of(number: str | None, name: str | None) -> str:
    """What a weakness is called: its type, and with the type that all extensions share its name as well."""
    told = EXTENSION if number is None else number
    return f"burp:{told}/{name}" if told == EXTENSION and name else f"burp:{told}"


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    report = Report(source)
    opened = False
    with source.open() as reader:
        for event, element in events(reader, ("issues", "issue")):
            tag = local(element.tag)
            if event == "start":
                if tag == "issues" and not opened:
                    opened = True
                    made = clean.when(element.get("exportTime"))
                    yield ScanHeader("burp", "Burp Suite", clean.line(element.get("burpVersion"), 50), None, made)
                continue
            if tag == "issue":
                yield from report.add(_issue(element), line_of(element))
                drop(element)
                reader.mark()
    if not opened:
        raise source.error("The file holds no issues of Burp.", "Report the issues as XML.")
    yield from report.end(None)


def _issue(element: _Element) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    number, name = clean.line(words.get("type"), 40), clean.line(words.get("name"), 500)
    if number is None and name is None:
        raise Unreadable("type", "An issue has neither a type nor a name.")
    found = site(words.get("host"))
    if found is None:
        raise Unreadable("host", "An issue names no host.")
    target, port, _ = found
    yield target
    definition = definition_of(number, name)
    location = clean.line(words.get("location"), 1000) or ""
    path = _path(words.get("path"))
    told = (words.get("severity") or "").lower()
    items = [one.text for one in element.iterfind("issueDetailItems/issueDetailItem")]
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=name or f"Burp issue {number}",
        kind="vulnerability",
        check=definition,
        description=joined(plain(words.get("issueBackground"))),
        solution=joined(plain(words.get("remediationBackground")), plain(words.get("remediationDetail"))),
        severity=SEVERITY.get(told),
        cwes=clean.cwes(plain(words.get("vulnerabilityClassifications"))),
        port=port,
        path=path,
        anchor=location[location.index("[") :] if "[" in location else None,
        evidence=joined(plain(words.get("issueDetail")), *(plain(one) for one in items[:100])),
        references=clean.urls(_links(words.get("references")), 100),
        analysis="false_positive" if told == "false positive" else None,
    )


def _path(told: str | None) -> str | None:
    try:
        return clean.line(urlsplit(told or "").path, 1000)
    except ValueError:
        return clean.line(told, 1000)


def _links(told: str | None) -> list[str]:
    """The addresses of links in a piece of HTML."""
    parts = (told or "").replace("'", '"').split('href="')
    return [part.partition('"')[0] for part in parts[1:101]]
