"""TruffleHog JSON: the lines of version 3 (`trufflehog … --json`), read from its own message types
(https://github.com/trufflesecurity/trufflehog), those of version 2, and the list that the fork trufflehog3 writes.

Version 3 and trufflehog3: one instance per rule, file and secret, however many commits hold it. Version 2 tells lines
of a change, in which the same secret stands again and again: one instance per rule and file. No secret is kept: a
digest tells two of them apart. A secret that was tried and works is critical, one that was not tried or does not work
is as grave as its rule says. Only rules with a finding are known to have run: what is missing closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accord.intake import report
from accord.intake.places import site
from accord.intake.places_in_code import mark
from accord.intake.records import Observation, Record, ScanHeader, Severity, Target
from accord.intake.report import Found, Report
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

ADVICE = "Withdraw the secret, put a new one into a secret store, and remove it from the history."
OLD: dict[str, Severity] = {"high entropy": "info", "oauth": "high", "aws": "high", "slack": "high"}


def read(source: Source) -> Iterator[Record]:
    """Records of one report; IntakeError where it cannot be read."""
    yield ScanHeader("trufflehog", "TruffleHog")
    scan = Report(source, "Run TruffleHog again.")
    with source.open() as reader:
        document = JsonReader(reader)
        for row in report.documents(document):
            if isinstance(row, dict):
                yield from scan.add(_secret(row, source), document.row)
            else:
                yield from scan.add(_unfit(), document.row)
    yield from scan.end(None)


def _unfit() -> Iterator[Found]:
    raise Unreadable("line", "A line is no object.")
    yield  # a generator


def _secret(row: dict[str, Any], source: Source) -> Iterator[Found]:
    if "SourceMetadata" in row:
        yield from _third(row, source)
    elif isinstance(row.get("rule"), dict):
        yield from _fork(row, source)
    elif "reason" in row:
        yield from _second(row, source)
    elif "level" not in row or "msg" not in row:  # version 3 logs beside its findings: where both went into one file
        raise Unreadable("SourceMetadata", "A line is no finding of TruffleHog.")


def _third(row: dict[str, Any], source: Source) -> Iterator[Found]:
    """A finding of version 3."""
    detector = clean.line(row.get("DetectorName"), 100) or clean.line(row.get("DetectorType"), 20)
    if detector is None:
        raise Unreadable("DetectorName", "A finding names no detector.")
    data = clean.mapping(clean.mapping(row.get("SourceMetadata")).get("Data"))
    kind, place = next(((name, one) for name, one in data.items() if isinstance(one, dict)), ("", {}))
    target = _target(place, source.stem)
    works, tried = row.get("Verified") is True, clean.line(row.get("VerificationError"), 300)
    commit = clean.line(place.get("commit"), 64)
    yield target
    yield Observation(
        target=target.identity,
        definition_id=f"trufflehog:{detector}",
        title=f"Secret: {detector}",
        kind="secret",
        check=f"trufflehog:{detector}",
        description=report.joined(
            row.get("DetectorDescription"),
            "TruffleHog tried this secret, and it works." if works else f"It could not be tried: {tried}" if tried
            else "It was not tried, or does not work.",
            between=" ",
        ),
        solution=ADVICE,
        severity="critical" if works else "medium",
        cwes=("CWE-798",),
        path=report.path(place.get("file") or place.get("filename")),
        line=None if commit else clean.whole(place.get("line"), 1),
        anchor=mark(row.get("RawV2") or row.get("Raw")),
        evidence=report.joined(
            f"Source: {kind}" if kind else None,
            f"Commit: {commit}, line {clean.whole(place.get('line')) or '?'}" if commit else None,
            f"Committed: {clean.line(place.get('timestamp'), 60)}" if place.get("timestamp") else None,
            limit=2000, between="\n",
        ),
        references=clean.urls([place.get("link")], 5),
    )  # fmt: skip


def _target(place: dict[str, Any], otherwise: str) -> Target:
    """A repository, an image, a bucket, else the site behind the link, else what the file is called."""
    repository, image = clean.line(place.get("repository"), 400), clean.line(place.get("image"), 300)
    bucket = clean.line(place.get("bucket"), 200)
    if repository:
        address = clean.url(repository)
        name = repository.removesuffix(".git").rstrip("/")
        if address:
            name = "/".join(name.split("/")[3:]) or name
        known = (("repository", address.removesuffix(".git")),) if address else ()
        return Target("repository", name or otherwise, identifiers=known)
    if image:
        tag = clean.line(place.get("tag"), 100)
        return Target("image", f"{image}:{tag}" if tag and not image.endswith(f":{tag}") else image)
    if bucket:
        return Target("cloud_resource", bucket, identifiers=(("bucket", bucket),))
    found = site(place["link"]) if not place.get("file") and clean.url(place.get("link")) else None
    return found[0] if found else Target("repository", otherwise)


def _fork(row: dict[str, Any], source: Source) -> Iterator[Found]:
    """A finding of trufflehog3."""
    rule = clean.mapping(row.get("rule"))
    name = clean.line(rule.get("id"), 200)
    if name is None:
        raise Unreadable("rule.id", "A finding names no rule.")
    target = Target("repository", source.stem)
    commit = clean.line(row.get("commit"), 64)
    yield target
    yield Observation(
        target=target.identity,
        definition_id=f"trufflehog:{name}",
        title=clean.line(rule.get("message"), 300) or name,
        kind="secret",
        check=f"trufflehog:{name}",
        solution=ADVICE,
        severity=report.severity(rule.get("severity")),
        cwes=("CWE-798",),
        path=report.path(row.get("path")),
        line=None if commit else clean.whole(row.get("line"), 1),
        anchor=mark(row.get("secret")) or clean.line(row.get("id"), 100),
        evidence=_commit(commit, row.get("date")),
    )


def _second(row: dict[str, Any], source: Source) -> Iterator[Found]:
    """A finding of version 2, also as trufflehog3 once wrote it."""
    reason = clean.line(row.get("reason"), 200)
    if reason is None:
        raise Unreadable("reason", "A finding names no reason.")
    target = Target("repository", source.stem)
    words = reason.lower()
    yield target
    yield Observation(
        target=target.identity,
        definition_id=f"trufflehog:{reason}",
        title=f"Secret: {reason}",
        kind="secret",
        check=f"trufflehog:{reason}",
        solution=ADVICE,
        severity=next((level for word, level in OLD.items() if word in words), "medium"),
        cwes=("CWE-798",),
        path=report.path(row.get("path")),
        evidence=_commit(clean.line(row.get("commitHash"), 64), row.get("date")),
    )


def _commit(commit: str | None, date: object) -> str | None:
    when = clean.line(date, 60)
    return f"Commit: {commit}" + (f", {when}" if when else "") if commit else None
