"""Burp Suite JSON: a scan as the REST API of Burp Suite Professional and Enterprise (DAST) gives it (`issue_events`),
read from the API's own description (https://portswigger.net/burp/documentation/enterprise/api-documentation), and
issues of the GraphQL API (https://portswigger.net/burp/extensibility/dast/graphql-api): the list `Issues`, and the
answer to a query as it is.

An issue is one observation, under the same definition as in the XML. Requests and answers are not kept. What was
scanned beyond the issues is not told: the report closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake.burp import SEVERITY, definition_of
from accord.intake.places import plain, site
from accord.intake.records import Observation, Record, ScanHeader
from accord.intake.report import Found, Report, head, joined
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

LISTS = frozenset({"Issues", "issues", "issue_events"})
AROUND = frozenset({"data", "scan"})
REMEDY = "Ask Burp's API again."


def read(source: Source) -> Iterator[Record]:
    """Records of one answer; IntakeError where it cannot be read."""
    report = Report(source, REMEDY)
    status = clean.line(head(source, ("scan_status",)).get("scan_status"), 50)
    yield ScanHeader("burp-json", "Burp Suite")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from report.rows(document, _issue)
        else:
            yield from _lists(document, report, 0)
        document.end()
    yield from report.end(None, None if status in (None, "succeeded") else False)


def _lists(document: JsonReader, report: Report, depth: int) -> Iterator[Record]:
    """The lists of issues, at the top or inside the answer to a query."""
    for key in document.names():
        if key in LISTS:
            yield from report.rows(document, _event if key == "issue_events" else _issue)
        elif key in AROUND and depth < 2:
            yield from _lists(document, report, depth + 1)


def _event(row: dict[str, Any]) -> Iterator[Found]:
    if row.get("type") not in (None, "issue_found"):
        raise Unreadable("type", f"An event of the type “{clean.line(row.get('type'), 60)}” is not known.")
    yield from _issue(clean.mapping(row.get("issue")))


def _issue(row: dict[str, Any]) -> Iterator[Found]:
    kind = clean.mapping(row.get("issue_type"))
    number = clean.line(row.get("type_index") or kind.get("type_index"), 40)
    name = clean.line(row.get("name") or kind.get("name"), 500)
    if number is None and name is None:
        raise Unreadable("name", "An issue has neither a type nor a name.")
    found = site(row.get("origin"))
    if found is None:
        raise Unreadable("origin", "An issue names no site.")
    target, port, _ = found
    yield target
    definition = definition_of(number, name)
    told = (clean.line(row.get("severity"), 30) or "").lower()
    items = [one for entry in clean.listing(row.get("evidence"))[:50] for one in _words(entry)]
    yield Observation(
        target=target.identity,
        definition_id=definition,
        title=name or f"Burp issue {number}",
        kind="vulnerability",
        check=definition,
        description=joined(plain(row.get("issue_background") or kind.get("description_html"))),
        solution=joined(
            plain(row.get("remediation_background") or kind.get("remediation_html")),
            plain(row.get("remediation_detail") or row.get("remediation_html")),
        ),
        severity="info" if told == "info" else SEVERITY.get(told),
        cwes=clean.cwes(plain(kind.get("vulnerability_classifications_html"))),
        port=port,
        path=clean.line(str(row.get("path") or "").partition("?")[0], 1000),
        anchor=_inside(row.get("caption")),
        evidence=joined(plain(row.get("description") or row.get("description_html")), *items),
        references=clean.urls(_links(kind.get("references_html")), 100),
        analysis="false_positive" if told in ("false_positive", "false positive") else None,
    )


def _inside(caption: object) -> str | None:
    """The place inside the page, "[q parameter]"."""
    told = clean.line(caption, 1000) or ""
    return told[told.index("[") :] if "[" in told else None


def _words(entry: object) -> Iterator[str]:
    """What a piece of evidence says in words, and the address that it was seen at."""
    told = clean.mapping(entry)
    address = clean.line(clean.mapping(told.get("request_response")).get("url"), 2000)
    if address:
        yield address
    yield from clean.lines(clean.listing(told.get("information_items")), 500, 50)


def _links(told: object) -> list[str]:
    """The addresses of links in a piece of HTML."""
    parts = told.replace("'", '"').split('href="') if isinstance(told, str) else []
    return [part.partition('"')[0] for part in parts[1:101]]
