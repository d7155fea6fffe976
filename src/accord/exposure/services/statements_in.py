"""VEX statements out of the files that carry them: OpenVEX, CSAF, CycloneDX."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accord.core import files, ledger
from accord.core.models import User
from accord.exposure.models import Definition, Scan, Target, VexStatement
from accord.exposure.services import bulk
from accord.exposure.services.definitions import identifier_of
from accord.exposure.services.statements import End, Reach, Status, end, snapshot, version_of
from accord.intake import records
from accord.intake.fingerprint import purl_without_version
from accord.intake.records import IntakeError, Observation, ScanHeader
from accord.intake.registry import read_scan
from accord.outlet.vex.records import JUSTIFICATIONS

FORMATS = frozenset({"openvex", "csaf", "cyclonedx", "cyclonedx-xml"})
"""Formats in which somebody states; the suppressions of other tools' reports are those tools' own."""
STATUS: dict[str, str] = {
    "not_affected": Status.NOT_AFFECTED,
    "false_positive": Status.FALSE_POSITIVE,
    "resolved": Status.FIXED,
    "resolved_with_pedigree": Status.FIXED,
    "exploitable": Status.AFFECTED,
    "in_triage": Status.UNDER_INVESTIGATION,
}
FROM_CYCLONEDX = {
    "code_not_present": "vulnerable_code_not_present",
    "code_not_reachable": "vulnerable_code_not_in_execute_path",
    "requires_configuration": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_dependency": "vulnerable_code_cannot_be_controlled_by_adversary",
    "requires_environment": "vulnerable_code_cannot_be_controlled_by_adversary",
    "protected_by_compiler": "inline_mitigations_already_exist",
    "protected_at_runtime": "inline_mitigations_already_exist",
    "protected_at_perimeter": "inline_mitigations_already_exist",
    "protected_by_mitigating_control": "inline_mitigations_already_exist",
}
"""CycloneDX's justification → the nearest of OpenVEX and CSAF."""
_WORD = re.compile(r"[a-z_]{8,60}")
STATEMENTS = 500


def justification_in(detail: str | None) -> str:
    """The justification (a key of JUSTIFICATIONS) that a file's words begin with or hold, "" where there is none."""
    for word in _WORD.findall((detail or "")[:1000]):
        if word in JUSTIFICATIONS:
            return str(word)
        if word in FROM_CYCLONEDX:
            return FROM_CYCLONEDX[word]
    return ""


def take_in(actor: User, scan: Scan) -> list[VexStatement]:
    """Keep what the file of a scan states; returns the statements that are new and those that they supersede.

    Safe to repeat: what is there already is not made again. Where the same was stated later already, that stays.
    """
    if scan.format not in FORMATS:
        return []
    touched: list[VexStatement] = []
    for part in bulk.chunks(_stated(scan), STATEMENTS):
        with bulk.wide_statements(), ledger.write(actor, f"scan:{scan.pk}") as log:
            touched += _keep(scan, part, log)
    return touched


def _stated(scan: Scan) -> Iterator[tuple[Observation, records.Target, ScanHeader]]:
    """The observations of this part of the file that carry an analysis."""
    part, header = -1, None
    targets: dict[str, records.Target] = {}
    try:
        with files.open_file(scan.file) as stream:
            for record in read_scan(stream, name=scan.name):  # type: ignore[arg-type]
                if isinstance(record, ScanHeader):
                    part, header, targets = part + 1, record, {}
                elif part != scan.part or header is None:
                    continue
                elif isinstance(record, records.Target):
                    targets[record.identity] = record
                elif isinstance(record, Observation) and record.analysis in STATUS:
                    yield record, targets[record.target], header
    except IntakeError:  # it landed: what was refused then is refused now
        return


def _keep(
    scan: Scan, part: list[tuple[Observation, records.Target, ScanHeader]], log: ledger.Log
) -> list[VexStatement]:
    names = {identifier_of(seen.definition_id) for seen, _, _ in part}
    definitions = {d.identifier: d for d in Definition.objects.filter(identifier__in=names)}
    targets = {t.identity: t for t in Target.objects.filter(identity__in={t.identity for _, t, _ in part})}
    standing: dict[tuple[Any, ...], VexStatement] = {}
    held = VexStatement.objects.filter(definition__in=definitions.values(), ended=None, by=None)
    for one in held.exclude(reach=Reach.FINDINGS).select_related("definition", "target"):
        standing[_about(one)] = one
    touched: list[VexStatement] = []
    for seen, target, header in part:
        definition, kept = definitions.get(identifier_of(seen.definition_id)), targets.get(target.identity)
        if definition is None or kept is None:
            continue
        made = _statement(scan, seen, target, kept, definition, header)
        old = standing.get(_about(made))
        if old is not None and (old.said > made.said or _says(old) == _says(made)):
            continue
        made.save()
        log.add("state", "vex_statement", made.key, None, snapshot(made))
        if old is not None:
            end(old, End.SUPERSEDED, log, follower=made)
            touched.append(old)
        standing[_about(made)] = made
        touched.append(made)
    return touched


def _about(one: VexStatement) -> tuple[Any, ...]:
    return one.definition_id, str(one.reach), one.purl, one.version, one.target_id


def _says(one: VexStatement) -> tuple[Any, ...]:
    return str(one.status), one.justification, one.impact, one.action, one.said


def _statement(
    scan: Scan, seen: Observation, target: records.Target, kept: Target, definition: Definition, header: ScanHeader
) -> VexStatement:
    """One observation as a statement: about a package wherever it is, or about a part of one target.

    A document about a package names it by its package URL; one about an application, an image or a device says nothing
    of the same package elsewhere.
    """
    product = _purl_of(target)
    own = purl_without_version(product) if product else ""
    part = purl_without_version(seen.purl) if seen.purl else ""
    is_package = bool(own) and part in ("", own)
    said: datetime | None = seen.seen_at or header.finished or header.started or scan.observed
    assert said is not None
    detail = (seen.analysis_detail or "").strip()
    status = STATUS[str(seen.analysis)]
    return VexStatement(
        definition=definition, status=status, reach=Reach.PRODUCT if is_package else Reach.SUBJECT,
        purl=(own if is_package else part)[:500],
        version=(version_of(product) or version_of(seen.purl or ""))[:200] if is_package else "",
        target=None if is_package else kept,
        justification=justification_in(detail) if status == Status.NOT_AFFECTED else "",
        impact="" if status == Status.AFFECTED else detail[:1000],
        action=detail[:1000] if status == Status.AFFECTED else "",
        author=(header.name or header.scanner or scan.name)[:300], scan=scan, said=said,
    )  # fmt: skip


def _purl_of(target: records.Target) -> str:
    """The package URL that a target is, "" where it is something else."""
    if target.name.startswith("pkg:"):
        return target.name
    if target.kind != "application":
        return ""
    return next((value for scheme, value in target.identifiers if scheme == "purl"), "")
