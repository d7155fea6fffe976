"""Gitleaks JSON, of version 8 and of the versions before it, read from Gitleaks' own report types.

One instance per rule, file, commit and secret. The secret itself is never kept: it is masked in the evidence, and a
digest of it tells two of them apart. Only rules with a finding are known to have run, on the commits that were asked
for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places_in_code import mark
from accord.intake.records import Observation, Record, ScanHeader, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable


def read(source: Source) -> Iterator[Record]:
    """Records of one Gitleaks report; IntakeError where it cannot be read."""
    yield ScanHeader("gitleaks", "Gitleaks")
    scan = Report(source, "Run Gitleaks again.")
    with source.open() as reader:
        document = JsonReader(reader)
        if document.peek() == "[":
            yield from scan.rows(document, _leak, source)
        else:  # version 6 and 7 could write one object a line; nothing found was "null"
            for _ in document.documents():
                row = document.value()
                if isinstance(row, dict):
                    yield from scan.add(_leak(row, source), document.row)
        document.end()
    if not scan.tally.targets:
        yield from scan.add([Target("repository", source.stem)])
    yield from scan.end(None)


def _leak(row: dict[str, Any], source: Source) -> Iterator[Found]:
    rule = clean.line(row.get("RuleID") or row.get("rule") or row.get("Rule"), 200)
    if rule is None:
        raise Unreadable("RuleID", "The rule of a leak is missing.")
    address = clean.url(row.get("repoURL"))
    name = clean.line(row.get("repo"), 300)
    name = name if name and name.strip("./") else source.stem
    target = Target("repository", name, identifiers=(("repository", address),) if address else ())
    check = f"gitleaks:{rule}"
    yield target
    yield report.looked(target, [check])
    secret = row.get("Secret") or row.get("offender")
    commit = clean.line(row.get("Commit") or row.get("commit"), 64)
    when = clean.line(row.get("Date") or row.get("date"), 60)
    tags = row.get("Tags") or row.get("tags")
    words = ", ".join(clean.lines(tags.split(",") if isinstance(tags, str) else tags or (), 50, 20))
    title = clean.line(row.get("Description"), 300) or rule
    yield Observation(
        target=target.identity,
        definition_id=check,
        title=title,
        kind="secret",
        check=check,
        description=report.joined(
            f"In commit {commit}." if commit else None, f"Committed {when}." if commit and when else None,
            f"Tags: {words}." if words else None, between=" ",
        ),
        solution="Withdraw the secret, put a new one into a secret store, and remove it from the history.",
        severity="high",
        path=report.path(row.get("File") or row.get("file")),
        line=clean.whole(row.get("StartLine", row.get("lineNumber")), 1),
        anchor=mark(commit, secret) if secret else clean.line(row.get("Fingerprint"), 300),
        evidence=_masked(row.get("Match") or row.get("line"), secret),
        references=clean.urls([row.get("Link"), row.get("leakURL")], 5),
    )  # fmt: skip


def _masked(told: object, secret: object) -> str | None:
    """The line with the secret taken out; nothing where that cannot be done."""
    if not isinstance(told, str) or not isinstance(secret, str) or not secret or secret not in told:
        return None
    return clean.text(told.replace(secret, "***"), 1000)
