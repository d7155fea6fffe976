"""XCCDF results of OpenSCAP and other SCAP scanners, bare (Benchmark with TestResult, or TestResult alone) and inside
an Asset Reporting Format collection (ARF 1.1); XCCDF 1.1 and 1.2, read from NIST IR 7275.

Two passes: the rules first, then the results. A rule that failed is one observation; pass, fail and fixed say that it
was evaluated, and a test result lists every rule, so what is not among these was not looked at. A rule that carries a
CVE (as those made from OVAL patch definitions do) is a vulnerability, any other a misconfiguration.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accord.intake.places import host, plain
from accord.intake.records import Coverage, Observation, Record, ScanHeader, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Tally

if TYPE_CHECKING:
    from lxml.etree import _Element

REMEDY = "Run the evaluation again and export its results."
EVALUATED = {"pass", "fail", "fixed"}
_LEVELS: dict[str, Severity] = {
    "high": "high",
    "medium": "medium",
    "low": "low",
    "info": "info",
    "critical": "critical",
}
_RESULT = ("{*}TestResult", "{*}rule-result")
_FACTS = ("{*}target", "{*}target-address", "{*}fact")


@dataclass(slots=True)
class _Result:
    """One TestResult while it is read. Its facts stand before its results, as XCCDF orders them."""

    names: list[str] = field(default_factory=list)
    macs: list[str] = field(default_factory=list)
    system: str | None = None
    target: Target | None = None
    checks: set[str] = field(default_factory=set)
    unknown: int = 0


def read(source: Source) -> Iterator[Record]:
    """Records of one file; IntakeError where it cannot be read."""
    from accord.intake.safe.xml_reader import drop, events, line_of, local

    rules = _rules(source)
    found = 0
    with source.open() as reader:
        tally = Tally(source)
        result: _Result | None = None
        for event, element in events(reader, (*_RESULT, *_FACTS, "{*}Rule")):
            tag = local(element.tag)
            if event == "start":
                if tag == "TestResult" and result is None:
                    found += 1
                    result, tally = _Result(), Tally(source)
                    yield _header(element)
                continue
            if result is not None and tag in ("target", "target-address", "fact"):
                _fact(element, tag, result)
            elif result is not None and tag == "rule-result":
                if result.target is None:
                    result.target = _target(result, source)
                    yield tally.target(result.target)
                yield from _seen(element, result, result.target, rules, tally, line_of(element))
            elif result is not None and tag == "TestResult":
                yield from _finish(element, result, tally, source)
                result = None
            if tag in ("rule-result", "TestResult", "Rule"):
                drop(element)
                reader.mark()
    if not found:
        raise source.error("The file holds rules and no results.", "Give the results, not the benchmark.")


def _header(element: _Element) -> ScanHeader:
    system = clean.line(element.get("test-system"), 200) or ""
    product = system.removeprefix("cpe:/a:").split(":")
    scanner = product[1] if system.startswith("cpe:/a:") and len(product) > 1 else "OpenSCAP"
    version = product[2] if system.startswith("cpe:/a:") and len(product) > 2 else None
    name = clean.line(element.get("id"), 300)
    return ScanHeader("openscap", scanner, version, clean.when(element.get("start-time")), None, name)


def _fact(element: _Element, tag: str, result: _Result) -> None:
    if len(result.names) + len(result.macs) > 200:
        return
    value = clean.line(element.text, 300)
    if value is None:
        return
    name = (element.get("name") or "").lower()
    if tag in ("target", "target-address") or name.endswith(
        ("fact:asset:identifier:fqdn", "identifier:host_name", "identifier:ipv4", "identifier:ipv6")
    ):
        result.names.append(value)
    elif name.endswith("identifier:mac"):
        result.macs.append(value)


def _target(result: _Result, source: Source) -> Target:
    names = [name for name in result.names if name not in ("127.0.0.1", "::1", "0:0:0:0:0:0:0:1")]
    macs = [mac for mac in result.macs if mac != "00:00:00:00:00:00"]
    return host(*names, macs=macs) or Target("host", clean.line(source.stem, 200) or "host")


def _seen(
    element: _Element, result: _Result, target: Target, rules: dict[str, dict[str, Any]], tally: Tally, row: int | str
) -> Iterator[Record]:
    rule = clean.line(element.get("idref"), 300)
    if rule is None:
        yield tally.refusal(row, "idref", "A result names no rule.", REMEDY, target.identity)
        return
    told = (element.findtext("{*}result") or "").strip().lower()
    check = f"xccdf:{rule}"
    if told in EVALUATED and len(result.checks) < 200_000:
        result.checks.add(check)
    if told in ("error", "unknown"):
        result.unknown += 1
    if told != "fail":
        return
    known = dict(rules.get(rule, {"title": rule}))
    level = (element.get("severity") or "").lower()
    severity = _LEVELS.get(level) or known.pop("severity", None)
    known.pop("severity", None)
    cves = dict.fromkeys((*known.pop("aliases", ()), *_cves(element)))
    messages = [clean.text(one.text, 2000) for one in element.iterfind("{*}message")]
    yield tally.observation(
        Observation(
            target=target.identity,
            definition_id=check,
            kind="vulnerability" if cves else "misconfiguration",
            check=check,
            aliases=tuple(cves),
            severity=severity,
            evidence=clean.text("\n".join(one for one in messages if one), 20_000),
            seen_at=clean.when(element.get("time")),
            **known,
        )
    )


def _finish(element: _Element, result: _Result, tally: Tally, source: Source) -> Iterator[Record]:
    ended = clean.when(element.get("end-time"))
    if result.target is None:
        result.target = _target(result, source)
        yield tally.target(result.target)
    identity = result.target.identity
    complete = tally.complete(identity, True if ended else None)
    yield Coverage(identity, frozenset(result.checks), exhaustive=bool(result.checks), complete=complete)
    yield from tally.end(ended, True if ended else None)


def _rules(source: Source) -> dict[str, dict[str, Any]]:
    from accord.intake.safe.xml_reader import drop, events, local

    found: dict[str, dict[str, Any]] = {}
    with source.open() as reader:
        for event, element in events(reader, ("{*}Rule", "{*}rule-result")):
            if event == "start":
                continue
            if local(element.tag) == "Rule":
                name = clean.line(element.get("id"), 300)
                if name:
                    found[name] = _rule(element, name)
                    source.hold(500 + sum(len(one) for one in found[name].values() if isinstance(one, str)))
            drop(element)
            reader.mark()
    return found


def _rule(element: _Element, name: str) -> dict[str, Any]:
    return {
        "title": clean.line(_words(element.find("{*}title")), 500) or name,
        "description": plain(_words(element.find("{*}description"))) or plain(_words(element.find("{*}rationale"))),
        "solution": plain(_words(element.find("{*}fixtext"))) or None,
        "severity": _LEVELS.get((element.get("severity") or "").lower()),
        "aliases": tuple(_cves(element)),
        "references": clean.urls([one.get("href") for one in element.iterfind("{*}reference")], 50),
    }


def _cves(element: _Element) -> tuple[str, ...]:
    return clean.cves(" ".join((one.text or "") for one in element.iterfind("{*}ident")))


def _words(element: _Element | None) -> str | None:
    """The text of an element with that of the XHTML inside it."""
    if element is None:
        return None
    parts: list[str] = []
    for part in element.itertext():
        parts.append(str(part))
        if len(parts) > 1000:
            break
    return " ".join("".join(parts).split())
