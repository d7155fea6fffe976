"""One chunk of a scan: targets, definitions and findings in one short transaction with its roll-ups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.exposure.models import OPEN_STATES, Definition, Finding, Scan, Target
from accord.exposure.services import bulk, definitions, ranking, rollups, targets
from accord.exposure.services.bulk import clip
from accord.exposure.services.facts import UNKNOWN, AssetFacts, Estate
from accord.intake import records
from accord.intake.fingerprint import weakness
from accord.intake.records import Observation

State = Finding.State
OF_ANALYSIS: dict[str | None, Finding.State] = {
    "not_affected": State.NOT_AFFECTED,
    "false_positive": State.FALSE_POSITIVE,
    "suppressed": State.SUPPRESSED,
    "resolved": State.CLOSED,
    "resolved_with_pedigree": State.CLOSED,
}
SEEN = (
    "target", "check_name", "check_group", "needs_credentials", "component", "version", "fixed_version", "purl",
    "port", "protocol", "service", "path", "line", "evidence", "severity", "cvss_score", "possible", "note",
)  # fmt: skip
ATTRIBUTES = ("target_id", *SEEN[1:])
TOLD = ("version", "fixed_version", "severity_name", "cvss_score", "note", "place", "state")
"""Fields whose change is a change of the finding; a change of the others is only noted on the row."""
WRITTEN = (
    *SEEN, *ranking.RANKED_AND_FACTS, "state", "first_seen", "last_seen", "last_scan", "closed_at", "closed_by",
    "reopened", "definition",
)  # fmt: skip


@dataclass(slots=True)
class Chunk:
    """Records of one part of a file: `start` is the number of observations before these."""

    start: int
    targets: dict[str, records.Target] = field(default_factory=dict)
    observations: list[Observation] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    scan: Scan
    log: ledger.Log
    observed: datetime
    targets: Mapping[str, Target]
    definitions: Mapping[str, Definition]
    facts: Mapping[int, AssetFacts]
    tally: Counter[str] = field(default_factory=Counter)
    opened: Counter[int] = field(default_factory=Counter)
    fresh: dict[str, Finding] = field(default_factory=dict)
    changed: list[tuple[Finding, str, dict[str, Any]]] = field(default_factory=list)
    noted: list[Finding] = field(default_factory=list)
    same: list[int] = field(default_factory=list)


def apply(actor: User, scan_id: int, chunk: Chunk, estate: Estate) -> int:
    """Write one chunk; returns how many observations of the scan are in now.

    Safe to repeat: what another run of the same scan has applied already is left out.
    """
    with bulk.wide_statements(), ledger.write(actor, f"scan:{scan_id}") as log:
        scan = Scan.objects.get(pk=scan_id)
        if scan.is_over:
            return scan.applied
        observations = chunk.observations[max(0, scan.applied - chunk.start) :]
        assert scan.observed is not None
        held = targets.ensure(chunk.targets, {o.target for o in observations}, scan.observed, log)
        assets = {t.asset_id for t in held.values() if t.asset_id is not None}
        facts = estate.of(assets)
        run = _Run(scan, log, scan.observed, held, definitions.ensure(observations, log), facts)
        _sort(run, observations)
        _write(run)
        loose = {target.pk for target in held.values() if target.asset_id is None}
        rollups.recount(assets, loose, run.opened, facts, states_changed=bool(chunk.targets))
        _count(scan, run, chunk.start + len(chunk.observations))
    return scan.applied


def _count(scan: Scan, run: _Run, applied: int) -> None:
    for name in ("added", "changed", "unchanged", "closed", "reopened"):
        setattr(scan, name, getattr(scan, name) + run.tally[name])
    scan.applied = max(scan.applied, applied)
    scan.save(update_fields=["added", "changed", "unchanged", "closed", "reopened", "applied"])
    seen = run.tally["unchanged"] + run.tally["changed"]
    if seen:
        run.log.add("see", "scan", scan.pk, None, {"seen_again": seen, "of_them_changed": run.tally["changed"]})


def _sort(run: _Run, observations: Sequence[Observation]) -> None:
    """Decide for each observation whether its finding is new, changed, or as it was."""
    prints = [f"{subject(run.targets[o.target])}:{weakness(o)}" for o in observations]
    known: dict[str, Finding] = {}
    for part in bulk.chunks(dict.fromkeys(prints), 2000):
        known.update({f.fingerprint: f for f in Finding.objects.filter(fingerprint__in=part)})
    for observation, fingerprint in zip(observations, prints, strict=True):
        held = known.get(fingerprint)
        if held is None and fingerprint not in run.fresh:
            run.fresh[fingerprint] = _new(run, observation, fingerprint)
            run.tally["added"] += 1
        elif held is None or held.last_scan_id == run.scan.pk:
            run.tally["unchanged"] += 1
        else:
            _again(run, held, observation)


def subject(target: Target) -> str:
    """What a finding's fingerprint begins with: the asset, or the target while it is nobody's."""
    return f"a{target.asset_id}" if target.asset_id is not None else f"t{target.pk}"


def _new(run: _Run, observation: Observation, fingerprint: str) -> Finding:
    finding = Finding(fingerprint=fingerprint, first_scan=run.scan, first_seen=run.observed)
    _take(run, finding, observation)
    finding.state = _state(finding, observation, run.targets[observation.target])
    finding.last_seen, finding.last_scan = run.observed, run.scan
    if finding.state == State.CLOSED:
        finding.closed_at = run.observed
    return finding


def _take(run: _Run, finding: Finding, seen: Observation) -> None:
    """What the observation says, on the finding."""
    definition = run.definitions[definitions.identifier_of(seen.definition_id)]
    target = run.targets[seen.target]
    score = definitions.score_of(seen)
    finding.definition, finding.target, finding.asset_id = definition, target, target.asset_id
    finding.check_name, finding.check_group = clip(seen.check, 330), clip(seen.group, 250)
    finding.needs_credentials = seen.needs_credentials
    finding.component, finding.version = clip(seen.component, 300), clip(seen.component_version, 200)
    finding.fixed_version, finding.purl = clip(seen.fixed_version, 200), clip(seen.purl, 500)
    finding.port, finding.protocol = seen.port, clip(seen.protocol, 20)
    finding.service, finding.path, finding.line = clip(seen.service, 100), clip(seen.path, 500), seen.line
    finding.evidence, finding.note = clip(seen.evidence, 1000), clip(seen.analysis_detail, 500)
    finding.cvss_score = definition.cvss_score if score is None else score
    number = definitions.severity_number(seen, score)
    finding.severity = definition.severity if number is None else number
    finding.possible = _possible(definition, seen, finding.severity)
    finding.known_exploited, finding.epss = definition.known_exploited, definition.epss
    ranking.place_on(finding, run.facts.get(target.asset_id or 0, UNKNOWN))


def _possible(definition: Definition, seen: Observation, severity: int | None) -> int:
    if definition.possible is not None and seen.severity != "info":
        return definition.possible
    return definitions.possible_of(seen, severity)


def _state(finding: Finding, seen: Observation, target: Target) -> str:
    told = OF_ANALYSIS.get(seen.analysis, State.OPEN)
    if told == State.OPEN and target.state == Target.State.IGNORED:
        return State.IGNORED
    return told


def _again(run: _Run, held: Finding, seen: Observation) -> None:
    """The finding is known. What an older scan says never overrides what a newer one said."""
    if run.observed < held.last_seen or (held.closed_at is not None and run.observed < held.closed_at):
        if run.observed < held.first_seen:
            held.first_seen = run.observed
            run.noted.append(held)
        run.tally["unchanged"] += 1
        return
    before, was = [getattr(held, name) for name in ATTRIBUTES], told(held)
    old = held.state
    _take(run, held, seen)
    held.state = _state(held, seen, run.targets[seen.target])
    held.last_seen, held.last_scan = run.observed, run.scan
    verb = "change"
    if held.state == State.CLOSED:
        held.closed_at, held.closed_by = held.closed_at or run.observed, None
        verb = "close" if old != State.CLOSED else verb
    else:
        held.closed_at, held.closed_by = None, None
        if old == State.CLOSED:
            held.reopened += 1
            verb = "reopen"
    run.opened[held.definition_id] += (held.state in OPEN_STATES) - (old in OPEN_STATES)
    names = {"close": "closed", "reopen": "reopened"}
    if told(held) != was:
        run.changed.append((held, verb, was))
        run.tally[names.get(verb, "changed")] += 1
        return
    run.tally["unchanged"] += 1
    if before != [getattr(held, name) for name in ATTRIBUTES]:
        run.noted.append(held)
    else:
        run.same.append(held.pk)


def _write(run: _Run) -> None:
    fresh = list(run.fresh.values())
    rewritten = [held for held, _, _ in run.changed] + run.noted
    ranking.rank([*fresh, *rewritten])
    for finding in bulk.insert(Finding, fresh):
        run.opened[finding.definition_id] += finding.state in OPEN_STATES
        run.log.add("add", "finding", finding.key, None, whole(run, finding))
    bulk.overwrite(Finding, rewritten, WRITTEN)
    if run.same:
        Finding.objects.filter(pk__in=run.same).update(last_seen=run.observed, last_scan=run.scan)
    for held, verb, was in run.changed:
        run.log.add(verb, "finding", held.key, was, told(held))


def told(finding: Finding) -> dict[str, Any]:
    """What the ledger compares of a finding."""
    return {name: str(v) if isinstance(v := getattr(finding, name), str) else v for name in TOLD}


def whole(run: _Run, finding: Finding) -> dict[str, Any]:
    """What the ledger keeps of a new finding; what is blank is left out."""
    row = {
        "definition": finding.definition.identifier,
        "target": finding.target.identity,
        "component": finding.component,
        **told(finding),
        "priority": finding.priority_text,
    }
    return {name: value for name, value in row.items() if value not in ("", None)}
