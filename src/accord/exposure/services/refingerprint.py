"""Another version of fingerprints: what it would merge or split, and giving every finding its key by it.

The version comes into force first: scans that land from then on look for findings by it. Then a worker renews the keys
of the findings in short transactions and merges those that become one. It can be stopped and goes on where it was: what
is not renewed yet is told by the version in front of its key.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django.db import IntegrityError, transaction

from accord.core import jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import Job, User
from accord.core.pace import Breath
from accord.exposure.models import OPEN_STATES, Definition, Finding, Scan, TotalExposure
from accord.exposure.services import bulk, ranking, rollups
from accord.intake.fingerprint import VERSION, VERSIONS, renew, version_of
from accord.intake.records import Kind, Observation

ROWS = 1000
SHOWN = 20
KIND, PREVIEW_KIND = "exposure.fingerprints", "exposure.fingerprints_preview"
READ = ("pk", "fingerprint", "definition_id", "component", "purl", "path", "port", "protocol", "line")
FIELDS = tuple(f.name for f in Finding._meta.concrete_fields if not f.primary_key)
BUSY = (Scan.State.READING, Scan.State.APPLYING, Scan.State.UNDOING)
Tell = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def in_force() -> int:
    """The version by which scans look for findings."""
    held = TotalExposure.objects.values_list("fingerprints", flat=True).first()
    return VERSION if held is None else held


def waiting(version: int | None = None) -> int:
    """How many findings have a key of another version than the one in force (or than `version`)."""
    return Finding.objects.exclude(fingerprint__contains=f":{version or in_force()}:").count()


@dataclass(slots=True)
class Preview:
    """What a version would do: how many findings get another key, how many disappear into another, what is not certain.

    `may_split`: findings whose key would tell more apart than now; the next scan may find several where there is one.
    `samples`: primary keys of findings that would become one.
    """

    version: int
    findings: int = 0
    changed: int = 0
    merged: int = 0
    groups: int = 0
    may_split: int = 0
    uncertain: int = 0
    samples: list[list[int]] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def _checked(version: int) -> int:
    if version not in VERSIONS:
        known = ", ".join(map(str, VERSIONS))
        raise Refused(Problem(None, "version", f"There is no version {version}.", f"Use one of: {known}."))
    return version


def preview(version: int, tell: Tell = silent) -> Preview:
    """What bringing a version into force would do to the findings that are there. Writes nothing."""
    found, held = Preview(_checked(version)), Counter[str]()
    total = Finding.objects.count()
    for rows in _portions():
        for _, old, new, exact in _renewed(rows, version):
            found.findings += 1
            found.changed += old.rpartition(":")[2] != new.rpartition(":")[2]
            found.uncertain += not exact
            held[new] += 1
        tell(found.findings, total * 2, "Computing keys")
    several = {key: n for key, n in held.items() if n > 1}
    found.merged, found.groups = sum(several.values()) - len(several), len(several)
    found.may_split = found.changed if version < in_force() else 0
    wanted: dict[str, list[int]] = {key: [] for key in list(several)[:SHOWN]}
    for rows in _portions() if wanted else ():
        for pk, _, new, _ in _renewed(rows, version):
            if new in wanted and len(wanted[new]) < SHOWN:
                wanted[new].append(pk)
        if all(len(pks) == min(several[key], SHOWN) for key, pks in wanted.items()):
            break
    found.samples = list(wanted.values())
    return found


def _portions() -> Iterator[list[tuple[Any, ...]]]:
    """All findings by primary key, without holding a cursor open."""
    last = 0
    while rows := list(Finding.objects.filter(pk__gt=last).order_by("pk").values_list(*READ)[:ROWS]):
        yield rows
        last = rows[-1][0]


def _renewed(rows: Iterable[tuple[Any, ...]], version: int) -> Iterator[tuple[int, str, str, bool]]:
    """(primary key, fingerprint, fingerprint by the version, whether it is certain) of each. One query."""
    some = list(rows)
    told = Definition.objects.filter(pk__in={row[2] for row in some}).values_list("pk", "identifier", "kind")
    known = {pk: (identifier, kind) for pk, identifier, kind in told}
    for pk, old, definition, component, purl, path, port, protocol, line in some:
        subject, _, key = old.partition(":")
        if version_of(key) == version:
            yield pk, old, old, True
            continue
        identifier, kind = known[definition]
        seen = Observation(
            target="", definition_id=identifier, title="", kind=cast(Kind, kind), check="", component=component or None,
            purl=purl or None, path=path or None, port=port, protocol=protocol or None, line=line,
        )  # fmt: skip
        new, exact = renew(key, [seen], version)
        yield pk, old, f"{subject}:{new}", exact


def bring_into_force(actor: User, version: int) -> None:
    """From now on scans find by this version; keys are to be renewed. Refused while a scan is on its way in."""
    _checked(version)
    with ledger.write(actor) as log:
        total, _ = TotalExposure.objects.get_or_create(id=1)
        before = total.fingerprints
        if before == version and not waiting(version):
            raise Refused(f"Version {version} is in force, and every finding has its key by it.")
        if Job.objects.filter(kind=KIND, state__in=(Job.State.QUEUED, Job.State.RUNNING)).exists():
            raise Refused("Keys are being renewed already. Stop that job, or wait for its end.")
        if Scan.objects.filter(state__in=BUSY).exists():
            raise Refused("A scan is on its way in or being undone. Wait for its end.")
        total.fingerprints = version
        total.save(update_fields=["fingerprints"])
        log.add("use", "fingerprint", version, {"version": before}, {"version": version})


def submit(actor: User, version: int) -> Job:
    """Bring a version into force and have a worker renew the keys."""
    with ledger.write(actor):
        bring_into_force(actor, version)
        return jobs.enqueue(actor, KIND, f"Renew the keys of findings (version {version})", version=version)


def run(actor: User, version: int, tell: Tell = silent) -> dict[str, int]:
    """Renew the keys of all findings that have another version's, and merge what becomes one. Safe to repeat."""
    _checked(version)
    done, merged, total, breath = 0, 0, Finding.objects.count(), Breath()
    for rows in _portions():
        if any(version_of(row[1].partition(":")[2]) != version for row in rows):
            merged += _renew_some(actor, [row[0] for row in rows], version)
            breath()
        done += len(rows)
        tell(done, total, "Renewing keys")
    return {"findings": done, "merged": merged}


def _renew_some(actor: User, pks: list[int], version: int) -> int:
    """One transaction; returns how many findings went into others."""
    with bulk.wide_statements(), ledger.write(actor, f"fingerprints:{version}") as log:
        if in_force() != version:
            raise Refused("Another version came into force meanwhile.")
        rows = list(Finding.objects.filter(pk__in=pks).order_by("pk").values_list(*READ))
        wanted = {pk: new for pk, old, new, _ in _renewed(rows, version) if old != new}
        groups: dict[str, list[int]] = defaultdict(list)
        for pk, new in wanted.items():
            groups[new].append(pk)
        for there, new in Finding.objects.filter(fingerprint__in=list(groups)).values_list("pk", "fingerprint"):
            if there not in groups[new]:
                groups[new].append(there)
        alone = [(pks[0], new) for new, pks in groups.items() if len(pks) == 1]
        bulk.rewrite(Finding, ["fingerprint", "content"], [(new, None, pk) for pk, new in alone])
        several = {new: sorted(pks) for new, pks in groups.items() if len(pks) > 1}
        gone = _merge(several, log)
        log.add("renew", "fingerprint", version, None, {"renewed": len(wanted), "merged": gone})
    return gone


def _merge(several: dict[str, list[int]], log: ledger.Log) -> int:
    """Make one finding of each group: the oldest row, the state of the newest sighting, the first one's beginning."""
    rows = Finding.objects.in_bulk([pk for pks in several.values() for pk in pks])
    opened: Counter[int] = Counter()
    assets = {row.asset_id for row in rows.values() if row.asset_id is not None}
    targets = {row.target_id for row in rows.values() if row.asset_id is None}
    kept: list[Finding] = []
    into: dict[int, int] = {}
    for fingerprint, pks in several.items():
        group = [rows[pk] for pk in pks]
        for row in group:
            opened[row.definition_id] -= row.state in OPEN_STATES
        one = _one_of(group)
        one.fingerprint, one.content = fingerprint, None
        opened[one.definition_id] += one.state in OPEN_STATES
        kept.append(one)
        for pk in pks[1:]:
            into[pk] = one.pk
            log.add("merge", "finding", one.key, None, {"into": one.key, "was": f"F-{pk}"})
    clocks = {row.pk: (row.clock, row.due) for row in kept}
    ranking.rank(kept)
    for row in kept:
        row.clock, row.due = clocks[row.pk]
    _lead_over(into)
    Finding.objects.filter(pk__in=list(into)).delete()
    bulk.overwrite(Finding, kept, FIELDS)
    rollups.recount(assets, targets, opened)
    return len(into)


def _one_of(group: list[Finding]) -> Finding:
    """The lowest primary key with the columns of the newest sighting; of several of the same time one that is open."""
    newest = max(group, key=lambda row: (row.last_seen, row.state in OPEN_STATES, row.acted is not None, -row.pk))
    first = min(group, key=lambda row: (row.first_seen, row.pk))
    pk, beginning, reopened = group[0].pk, (first.first_seen, first.first_scan_id), max(row.reopened for row in group)
    newest.pk = pk
    newest.first_seen, newest.first_scan_id = beginning
    newest.reopened = reopened
    return newest


def _lead_over(into: dict[int, int]) -> None:
    """What points to a finding that goes points to the one that stays, unless that has the same already."""
    for relation in Finding._meta.related_objects:
        name = relation.field.attname
        for thing in relation.related_model._default_manager.filter(**{f"{name}__in": list(into)}):
            setattr(thing, name, into[getattr(thing, name)])
            try:
                with transaction.atomic():
                    thing.save(update_fields=[relation.field.name])
            except IntegrityError:
                thing.delete()
