"""Rows and a mapping → Accord's own list of findings."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from accord.intake.mapped.sheets import rows_of, shown
from accord.intake.mapped.spec import BY_NAME, Mapping
from accord.intake.own import VERSION, target_of
from accord.intake.records import KINDS, IntakeError, address
from accord.intake.report import severity
from accord.intake.safe import text as clean
from accord.intake.safe.source import Source
from accord.intake.tally import Unreadable

KEPT = 500
MOST_REFUSED = 1000
OF_TARGET = ("target_name", "hostname", "address", "identifier", "operating_system")


@dataclass(frozen=True, slots=True)
class Refused:
    """One row that gives no finding."""

    row: int | str
    column: str
    problem: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.problem}"


@dataclass(slots=True)
class Preview:
    """What the first rows become. `unmapped` are values of severity that the mapping has no word for."""

    findings: list[dict[str, Any]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    rows: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Converted:
    """How a conversion ended."""

    findings: int = 0
    refused: list[Refused] = field(default_factory=list)
    refused_rows: int = 0
    unmapped: dict[str, int] = field(default_factory=dict)


def preview(file: str, data: bytes, mapping: Mapping, most: int = 20) -> Preview:
    """The first `most` findings, and the first refused rows among all of them."""
    mapping.check()
    found = Preview()
    source = Source(_Nothing(), name=file)  # type: ignore[arg-type]
    for number, row in rows_of(file, data, mapping.list_path):
        found.rows += 1
        try:
            made = _finding(row, mapping, source, found.unmapped)
        except Unreadable as problem:
            if len(found.refused) < most:
                found.refused.append(Refused(number, _column(mapping, problem.field), problem.problem))
            continue
        if len(found.findings) < most:
            found.findings.append(made)
    return found


def convert(file: str, data: bytes, mapping: Mapping, out: IO[bytes], digest: str = "") -> Converted:
    """Write all findings to `out`; IntakeError where no row, or hardly any, can be read (nothing is then of use)."""
    mapping.check()
    found = Converted()
    head = {
        "accord_findings": VERSION, "scanner": mapping.scanner, "name": file, "whole": mapping.whole,
        "source": {"file": file, "sha256": digest},
    }  # fmt: skip
    out.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "findings": [')
    first = True
    for made in _findings(file, data, mapping, found):
        out.write((b"\n" if first else b",\n") + json.dumps(made, ensure_ascii=False).encode())
        first = False
    out.write(b"\n]}\n")
    if not found.findings and found.refused:
        one = found.refused[0]
        raise IntakeError(file, one.row, one.column, one.problem, "Change the mapping, or the file.")
    return found


def _findings(file: str, data: bytes, mapping: Mapping, found: Converted) -> Iterator[dict[str, Any]]:
    source = Source(_Nothing(), name=file)  # type: ignore[arg-type]
    for number, row in rows_of(file, data, mapping.list_path):
        try:
            made = _finding(row, mapping, source, found.unmapped)
        except Unreadable as problem:
            column = _column(mapping, problem.field)
            found.refused_rows += 1
            if len(found.refused) < KEPT:
                found.refused.append(Refused(number, column, problem.problem))
            if found.refused_rows > MOST_REFUSED:
                raise IntakeError(
                    file, number, column,
                    f"More than {MOST_REFUSED:,} rows cannot be read; the last: {problem.problem}",
                    "Change the mapping, or the file.",
                ) from None  # fmt: skip
            continue
        found.findings += 1
        yield made


class _Nothing:
    """A stream for a Source that is only asked for its limits."""

    name = "mapped"


def _column(mapping: Mapping, name: str) -> str:
    alone = name.removeprefix("target.")
    held = {"name": "target_name", "hostnames": "hostname", "addresses": "address"}.get(alone, alone)
    return mapping.fields.get(held) or (BY_NAME[held].label if held in BY_NAME else name)


def _finding(row: dict[str, Any], mapping: Mapping, source: Source, unmapped: dict[str, int]) -> dict[str, Any]:
    told = {name: _value(name, row, mapping) for name in {*mapping.fields, *mapping.constants}}
    target = _target(told, mapping)
    target_of(target, source)
    made: dict[str, Any] = {"target": target}
    for name, value in told.items():
        if name in OF_TARGET or value in ("", []):
            continue
        made[name] = value
    if not made.get("id") and not made.get("title"):
        raise Unreadable(
            "title" if "title" in mapping.fields else "id", "The row has neither an identifier nor a title."
        )
    _rate(made, mapping, unmapped)
    if "cvss_score" in made:
        made["cvss_score"] = _score(made["cvss_score"])
    if "cvss_vectors" in made:
        made["cvss_vectors"] = [made["cvss_vectors"]]
    if "seen_at" in made:
        made["seen_at"] = _time(made["seen_at"], mapping.seen_format)
    for name in ("port", "line"):
        if name in made:
            number = clean.whole(made[name], 0)
            if number is None:
                raise Unreadable(name, f"“{made[name][:40]}” is no whole number.")
            made[name] = number
    return made


def _value(name: str, row: dict[str, Any], mapping: Mapping) -> Any:
    column = mapping.fields.get(name, "")
    value = row.get(column) if column else None
    if value in (None, "", []):
        value = mapping.constants.get(name, "")
    if not BY_NAME[name].several:
        return shown(value)
    parts = value if isinstance(value, list) else shown(value).replace("\n", mapping.separator).split(mapping.separator)
    return [text for part in parts[:500] if (text := shown(part))]


def _target(told: dict[str, Any], mapping: Mapping) -> dict[str, Any]:
    hostnames = [found for one in told.get("hostname") or [] if (found := clean.hostname(one))]
    addresses = [found for one in told.get("address") or [] if (found := address(one))]
    name = told.get("target_name") or ""
    if mapping.target_kind in ("host", "device") and name and not hostnames and not addresses:
        if found := address(name):
            addresses = [found]
        elif host := clean.hostname(name):
            hostnames = [host]
    name = name or next(iter((*(told.get("hostname") or []), *addresses)), "")
    target: dict[str, Any] = {"kind": mapping.target_kind, "name": name}
    if hostnames:
        target["hostnames"] = hostnames
    if addresses:
        target["addresses"] = addresses
    if told.get("identifier"):
        target["identifiers"] = {"id": told["identifier"]}
    if told.get("operating_system"):
        target["operating_system"] = told["operating_system"]
    return target


def _rate(made: dict[str, Any], mapping: Mapping, unmapped: dict[str, int]) -> None:
    """Severity and kind by the mapping's words, else by those that scanners use; unknown words are left unknown."""
    word = str(made.pop("severity", "")).strip()
    if word:
        meant = mapping.values.get("severity", {}).get(word.lower()) or severity(word)
        if meant is None:
            if word in unmapped or len(unmapped) < 50:
                unmapped[word] = unmapped.get(word, 0) + 1
        else:
            made["severity"] = meant
    word = str(made.pop("kind", "")).strip().lower()
    meant = mapping.values.get("kind", {}).get(word) or (word if word in KINDS else "")
    if meant:
        made["kind"] = meant


def _score(told: str) -> float:
    found = clean.score(told.replace(",", "."))
    if found is None:
        raise Unreadable("cvss_score", f"“{told[:40]}” is no CVSS score from 0.0 to 10.0.")
    return found


def _time(told: str, pattern: str) -> str:
    try:
        moment = datetime.strptime(told, pattern) if pattern else clean.when(told)  # noqa: DTZ007
    except ValueError:
        moment = None
    if moment is None:
        raise Unreadable("seen_at", f"“{told[:40]}” is no time{' of that form' if pattern else ''}.")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
