"""What the command line and a script are told: a scan or a feed in one call, with the outcome as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accord.core import files
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.exposure.models import Scan
from accord.exposure.services import feeds
from accord.exposure.services.importing import Tell, process, receive, silent
from accord.intake.records import IntakeError, Observation, Refusal, ScanHeader, Target
from accord.intake.registry import read_scan

COUNTS = ("added", "changed", "unchanged", "closed", "reopened", "refused")


def import_scan(actor: User, path: Path | str, tell: Tell = silent, name: str = "") -> dict[str, Any]:
    """Take in a scanner's file here and now. It is kept as `name`, else under its own.

    Returns {name, format, state, scans, counts, problems}. `state` is "landed" or "refused", `scans` their primary
    keys, `counts` what this call did (a file that is in already: zeros), `problems` the refused rows or why the
    file is refused, each with file, row, field and remedy. `Refused` only where the file cannot be opened.
    """
    source = Path(path)
    called = name or source.name
    try:
        with source.open("rb") as stream:
            stored = files.keep(actor, called, files.chunks(stream))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise Refused(Problem(None, "", f"{reason}.", "Give a file that may be read.", called)) from None
    scan, _ = receive(actor, stored, called)
    before = _counts(Scan.of_file(scan.file_id))
    try:
        found = process(actor, scan, tell)
    except Refused as error:
        scan.refresh_from_db()
        problems = [str(problem) for problem in error.problems]
        return _report(scan.name, scan.format, "refused", [scan.pk], dict.fromkeys(COUNTS, 0), problems)
    after = _counts(found)
    did = {name: after[name] - before[name] for name in COUNTS}
    problems = [f"{scan.name}: {_line(problem)}" for one in found for problem in one.problems]
    return _report(scan.name, found[0].format, "landed", [one.pk for one in found], did, problems)


def _counts(scans: Any) -> Counter[str]:
    counts: Counter[str] = Counter()
    for scan in scans:
        counts.update({name: getattr(scan, name) for name in COUNTS})
    return counts


def _line(problem: dict[str, Any]) -> str:
    place = ", ".join(str(part) for part in (problem.get("row"), problem.get("field")) if part)
    return " ".join(part for part in (f"{place}:" if place else "", problem["problem"], problem["remedy"]) if part)


def _report(
    name: str, format_: str, state: str, scans: list[int], counts: dict[str, int], problems: list[str]
) -> dict[str, Any]:
    return {
        "name": name, "format": format_, "state": state, "scans": scans, "counts": counts, "problems": problems,
    }  # fmt: skip


def inspect_scan(path: Path | str) -> dict[str, Any]:
    """Read a scanner's file without writing anything; `counts` are then targets, observations and refused rows.

    The same keys as `import_scan` (`state` is "readable" or "refused"), and `scanner`.
    """
    source = Path(path)
    counts: Counter[str] = Counter(targets=0, observations=0, refused=0)
    header: ScanHeader | None = None
    problems: list[str] = []
    try:
        for record in read_scan(source):
            match record:
                case ScanHeader():
                    header = header or record
                case Target():
                    counts["targets"] += 1
                case Observation():
                    counts["observations"] += 1
                case Refusal():
                    counts["refused"] += 1
                    if len(problems) < 500:
                        told = {"row": record.row, "field": record.field}
                        told |= {"problem": record.problem, "remedy": record.remedy}
                        problems.append(f"{source.name}: {_line(told)}")
    except IntakeError as error:
        return _report(source.name, "", "refused", [], dict(counts), [str(error)])
    found = _report(source.name, header.format if header else "", "readable", [], dict(counts), problems)
    return {**found, "scanner": header.scanner if header else None}


def update_feeds_from(
    actor: User | None, paths: Sequence[Path | str], tell: Tell = silent, only: Sequence[str] = ()
) -> dict[str, Any]:
    """Load feeds from files or bundles, or download them (those in `only`, else all): {feeds, reranked}."""
    unknown = sorted(set(only) - set(feeds.ADDRESSES))
    if unknown:
        raise Refused(f"“{unknown[0]}” is no feed. Feeds: {', '.join(feeds.ADDRESSES)}.")
    made = feeds.update_from(actor, paths, tell, only)
    rows = [
        {
            "feed": update.feed, "entries": update.entries, "added": update.added, "changed": update.changed,
            "removed": update.removed, "source": update.source, "version": update.version,
            "as_of": update.released.date().isoformat() if update.released else "unknown date",
        }
        for update in made
    ]  # fmt: skip
    return {"feeds": rows, "reranked": max((update.findings_changed for update in made), default=0)}
