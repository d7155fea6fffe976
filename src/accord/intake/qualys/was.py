"""Qualys Web Application Scanning reports in XML (WAS_SCAN_REPORT, WAS_WEBAPP_REPORT), read from Qualys's DTDs.

Two passes: the glossary of QIDs, which stands last, then the results. Information gathered tells what runs there. A
finding with the status Fixed says that this check ran on that application and saw nothing, and is kept as coverage.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from accord.intake.places import site
from accord.intake.qualys import shared
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report, joined, looked
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

if TYPE_CHECKING:
    from lxml.etree import _Element

_RESULTS: dict[str, Kind] = {
    "VULNERABILITY": "vulnerability", "SENSITIVE_CONTENT": "vulnerability", "INFORMATION_GATHERED": "service",
}  # fmt: skip


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local, within

    glossary, title, only = _glossary(source)
    report = Report(source)
    yield ScanHeader("qualys-was", "Qualys WAS", None, None, None, title)
    with source.open() as reader:
        for event, element in events(reader, tuple(f"{{*}}{tag}" for tag in (*_RESULTS, "GLOSSARY"))):
            if event == "start":
                continue
            tag = local(element.tag)
            if tag in _RESULTS and within(element, f"{tag}_LIST"):
                yield from report.add(_result(element, _RESULTS[tag], glossary, only), line_of(element))
            drop(element)
            reader.mark()
    yield from report.end(None)


def _glossary(source: Source) -> tuple[dict[str, dict[str, Any]], str | None, Target]:
    """The words of the QIDs, the report's name, and the application of what names no address of its own: the only
    one in the report, else one that is called after the target of the report."""
    from accord.intake.safe.xml_reader import drop, events, local, texts, within

    found: dict[str, dict[str, Any]] = {}
    title = named = None
    sites: dict[str, Target] = {}
    with source.open() as reader:
        for event, element in events(
            reader, ("{*}QID", "{*}HEADER", "{*}TARGET", *(f"{{*}}{tag}" for tag in _RESULTS))
        ):
            if event == "start":
                continue
            tag = local(element.tag)
            if tag == "QID":
                if not within(element, "QID_LIST"):
                    continue
                words = texts(element)
                name = shared.check(words.get("QID"))
                if name:
                    fields = _entry(words)
                    source.hold(500 + sum(len(one) for one in fields.values() if isinstance(one, str)))
                    found[name] = fields
            elif tag == "HEADER":
                title = clean.line(element.findtext("{*}NAME"), 300)
            elif tag == "TARGET":
                told = (clean.line(str(text), 200) for text in element.itertext())
                named = next((one for one in told if one), None)
            elif len(sites) < 2 and (where := site(element.findtext(".//{*}URL"))):
                sites[where[0].identity] = where[0]
            drop(element)
            reader.mark()
    only = next(iter(sites.values())) if len(sites) == 1 else Target("application", named or title or source.stem)
    return found, title, only


def _entry(words: dict[str, str]) -> dict[str, Any]:
    fields = shared.told(
        {
            "qid": words.get("QID"),
            "title": words.get("TITLE"),
            "threat": words.get("DESCRIPTION"),
            "impact": words.get("IMPACT"),
            "solution": words.get("SOLUTION"),
            "category": words.get("CATEGORY"),
            "cwe": words.get("CWE"),
            "score": words.get("CVSS_BASE"),
        }
    )
    return {**fields, "severity": shared.severity(words.get("SEVERITY"))}


def _result(element: _Element, kind: Kind, glossary: dict[str, dict[str, Any]], only: Target) -> Iterator[Found]:
    from accord.intake.safe.xml_reader import texts

    words = texts(element)
    name = shared.check(words.get("QID"))
    if name is None:
        raise Unreadable("QID", "A finding has no number.")
    where = site(words.get("URL") or element.findtext(".//{*}URL"))
    target, port, path = where or (only, None, None)
    yield target
    if shared.fixed(words.get("STATUS")):
        yield looked(target, [name])
        return
    known = dict(glossary.get(name) or {"title": f"Qualys QID {words.get('QID')}"})
    if kind == "service":
        known["severity"] = "info"
    payload = [one.findtext("{*}PAYLOAD") for one in element.iterfind(".//{*}PAYLOAD_INSTANCE")]
    yield Observation(
        target=target.identity,
        definition_id=name,
        kind=kind,
        check=name,
        port=port,
        path=path,
        anchor=clean.line(words.get("PARAM"), 300),
        evidence=joined(_data(element), *payload[:20]),
        seen_at=clean.when(words.get("LAST_TIME_DETECTED")),
        analysis="suppressed" if words.get("IGNORE_REASON") else None,
        **known,
    )


def _data(element: _Element) -> str | None:
    """What a check gathered, plain or in Base64."""
    found = element.find("{*}DATA")
    told = None if found is None else found.text
    if found is None or told is None or found.get("base64") != "true":
        return told
    try:
        return b64decode(told[:100_000], validate=False).decode("utf-8", "replace")
    except ValueError:
        return None
