"""Anchore policy evaluations as JSON: answers of the API (`/images/DIGEST/check`, detailed) and `anchorectl image check
-o json` in its older and newer form, read from Anchore's description of them
(https://docs.anchore.com/current/docs/integration/ci_cd/inline/, .../compliance_management/policy_checks/).

What a rule of the policy found is one observation: a vulnerability of a package, else what gate and trigger name. What
the policy allows by a list stays, marked as suppressed. An evaluation covers its policy on that image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from accord.intake import report
from accord.intake.records import Kind, Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

KINDS: dict[str, Kind] = {"vulnerabilities": "vulnerability", "secret_scans": "secret", "licenses": "licence"}
ROWS = 100_000


def read(source: Source) -> Iterator[Record]:
    """Records of one file; IntakeError where it cannot be read."""
    yield ScanHeader("anchore-policies", "Anchore")
    scan = Report(source, "Evaluate the image again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            for _ in document.each():
                yield from _evaluated(clean.mapping(document.value()), scan, document.pointer())
        else:
            yield from _evaluated(document.mapping(), scan, "the document")
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("image", source.stem)])
    yield from scan.end(None)


def _evaluated(told: dict[str, Any], scan: Report, where: str) -> Iterator[Record]:
    """An evaluation in any of its forms."""
    listed = clean.listing(told.get("evaluations"))
    if isinstance(told.get("evaluations"), (list, dict)):  # anchorectl since version 1.7
        target = _target(told.get("evaluatedTag"), told.get("imageDigest"))
        for number, one in enumerate(map(clean.mapping, listed[:1000])):
            rows = map(clean.mapping, clean.listing(one.get("details"))[:ROWS])
            place = f"{where}.evaluations[{number}].details"
            yield from _rows(rows, scan, target, (told.get("policyId"), one.get("evaluationTime")), place)
    elif isinstance(told.get("detail"), (list, dict)):  # anchorectl before
        rows = map(clean.mapping, clean.listing(told["detail"])[:ROWS])
        target = _target(told.get("tag"), told.get("digest"))
        yield from _rows(rows, scan, target, (told.get("policyId"), told.get("lastEvaluation")), f"{where}.detail")
    else:
        images = ((digest, tag, entries) for digest, tags in list(told.items())[:1000]
                  for tag, entries in list(clean.mapping(tags).items())[:1000])  # fmt: skip
        for digest, tag, entries in images:
            for one in map(clean.mapping, clean.listing(entries)[:1000]):
                about = (one.get("policyId"), one.get("last_evaluation"))
                place, target, table = f"{where}.{clean.line(digest, 40)}", _target(tag, digest), _table(one)
                if table is None:
                    yield from scan.add(_unread(target), place, target.identity)
                else:
                    yield from _rows(table, scan, target, about, place)


def _table(entry: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The rows of an answer of the API, by the names of its header; None where they are not where they must be."""
    names = {"trigger_id": "triggerId", "trigger": "triggerName", "check_output": "description", "gate": "gate",
             "gate_action": "status", "whitelisted": "allowed", "allowlisted": "allowed"}  # fmt: skip
    inner = clean.mapping(clean.mapping(clean.mapping(entry.get("detail")).get("result")).get("result"))
    found: list[dict[str, Any]] = []
    images = [one["result"] for one in inner.values() if isinstance(one, dict) and isinstance(one.get("result"), dict)]
    for result in images:
        header, rows = result.get("header"), result.get("rows")
        if not isinstance(header, list) or not isinstance(rows, list):
            return None
        keys = [names.get(str(name).lower(), "") for name in header[:50]]
        found += [dict(zip(keys, clean.listing(row), strict=False)) for row in rows[:ROWS]]
    return found if images else None


def _unread(target: Target) -> Iterator[Found]:
    yield target
    raise Unreadable("detail", "The rows of an evaluation are not where they are expected.")


def _target(tag: object, digest: object) -> Target:
    name, known = clean.line(tag, 400), clean.line(digest, 300)
    return Target("image", name or known or "image", identifiers=(("image-digest", known),) if known else ())


def _rows(
    rows: Iterable[dict[str, Any]], scan: Report, target: Target, about: tuple[object, object], where: str
) -> Iterator[Record]:
    policy = clean.line(about[0], 100)
    group = f"anchore:policy/{policy}" if policy else None
    yield from scan.add([target, report.looked(target, groups=[group] if group else [])])
    for number, row in enumerate(rows):
        found = _violation(row, target, group, clean.when(about[1]))
        yield from scan.add(found, f"{where}[{number}]", target.identity)


def _violation(row: dict[str, Any], target: Target, group: str | None, made: datetime | None) -> Iterator[Found]:
    gate, trigger = clean.line(row.get("gate"), 100), clean.line(row.get("triggerName"), 100)
    words, number = clean.text(row.get("description"), 5000), clean.line(row.get("triggerId"), 300)
    if gate is None:
        raise Unreadable("gate", "A finding names no gate.")
    check = f"anchore:{gate}/{trigger}" if trigger else f"anchore:{gate}"
    told = (words or "").split(" ", 1)[0]
    action = clean.line(row.get("status"), 30)
    identifier, _, component = (number or "").partition("+")
    vulnerable = gate == "vulnerabilities" and bool(component)
    place = _place(words) if vulnerable else None
    yield Observation(
        target=target.identity,
        definition_id=identifier if vulnerable else check,
        title=f"{identifier} in {component}" if vulnerable else clean.line(words, 400) or check,
        kind=KINDS.get(gate, "misconfiguration") if vulnerable or gate != "vulnerabilities" else "misconfiguration",
        check=f"anchore:{identifier}" if vulnerable else check,
        description=words,
        severity=report.severity(told) if told.isupper() else None,
        component=component if vulnerable else None,
        fixed_version=_between(words, "(fixed in: ", ")") if vulnerable else None,
        path=place,
        anchor=None if vulnerable else number,
        evidence=f"The policy says: {action}." if action else None,
        seen_at=made,
        group=group,
        analysis="suppressed" if row.get("allowed") else None,
    )


def _place(words: str | None) -> str | None:
    """The file in "… package type (java) - /lib/parsley.jar (CVE-…)"."""
    found = _between(words, " - ", " (")
    return report.path(found) if found and found.startswith("/") else None


def _between(words: str | None, start: str, end: str) -> str | None:
    _, found, rest = (words or "").partition(start)
    return clean.line(rest.partition(end)[0], 500) if found else None
