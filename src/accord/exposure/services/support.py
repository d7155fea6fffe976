"""Matches what scans saw with the dates at which support ends: operating systems, components, bills of materials.

Findings name components with weaknesses alone; a bill of materials names the others too, so the stored files of such
scans are read once more for them, in this job and never in the import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, BinaryIO, cast

from django.db.models import Count, Max
from django.utils import timezone

from accord.core import ledger
from accord.core.files import open_file
from accord.core.models import User
from accord.engines.end_of_life import DISTRIBUTIONS, Cycle, Index, Match, purl_of
from accord.exposure.models import (
    IS_OPEN,
    Component,
    CoverageState,
    EndedSupport,
    EndOfLife,
    Finding,
    Scan,
    ScanTarget,
    Target,
)
from accord.intake.components import FORMATS, components
from accord.intake.records import IntakeError

ROWS = 5000
Key = tuple[int, str, str]
Held = tuple[str, str, date | None, bool | None]
Tell = Callable[..., Any]


def is_pending() -> bool:
    """Whether a scan landed, or the feed changed, since everything was matched last."""
    state = CoverageState.objects.filter(id=1).first()
    return _mark() != ((state.result or {}).get("support") if state is not None else None)


def _mark() -> dict[str, Any]:
    scan = Scan.objects.filter(state=Scan.State.LANDED).aggregate(last=Max("pk"))["last"]
    feed = EndOfLife.objects.aggregate(number=Count("pk"), last=Max("pk"))
    return {
        "scan": scan or 0, "cycles": feed["number"], "last": feed["last"] or 0,
        "day": timezone.localdate().isoformat() if feed["number"] else "",
    }  # fmt: skip


def refresh(actor: User | None, tell: Tell | None = None) -> int:
    """Match everything anew; returns how many pieces of software answer to a product of the feed."""
    mark = _mark()
    if not mark["cycles"]:
        EndedSupport.objects.all().delete()
        _keep(actor, mark)
        return 0
    _read_lists(actor)
    index = Index(_cycles())
    today = timezone.localdate()
    known: dict[str, Match | None] = {}
    found: dict[Key, Held] = {}
    for target, software, kind in _seen():
        match = (
            known[software] if software in known else known.setdefault(software, _match(index, software, kind, today))
        )
        if match is None:
            continue
        purl = purl_of(software) if kind == "purl" else None
        name = f"packages of {purl.distribution}" if purl is not None and purl.kind in DISTRIBUTIONS else software
        found[target, match.product, name[:500]] = (match.cycle, match.by[:200], match.ends, match.ended)
    with ledger.write(actor):
        _store(found)
    _keep(actor, mark)
    return len(found)


def _match(index: Index, software: str, kind: str, today: date) -> Match | None:
    if kind == "purl":
        return index.of_purl(software, today)
    return index.of_cpe(software, today) if kind == "cpe" else index.of_system(software, today)


def _cycles() -> Iterator[Cycle]:
    for row in EndOfLife.objects.order_by("product", "pk").iterator(chunk_size=ROWS):
        yield Cycle(row.product, row.cycle, row.eol if row.eol is not None else row.eol_reached, tuple(row.identifiers))


def _seen() -> Iterator[tuple[int, str, str]]:
    """(target, what was seen there, "system", "purl" or "cpe"), each once per target."""
    targets = Target.objects.exclude(state=Target.State.IGNORED).exclude(operating_system="").order_by("pk")
    for pk, system in targets.values_list("pk", "operating_system").iterator(chunk_size=ROWS):
        yield pk, system, "system"
    findings = Finding.objects.filter(IS_OPEN).exclude(purl="").order_by()
    for target, purl in findings.values_list("target_id", "purl").distinct().iterator(chunk_size=ROWS):
        yield target, purl, "purl"
    listed = Component.objects.order_by("pk").values_list("target_id", "purl", "cpe")
    for target, purl, cpe in listed.iterator(chunk_size=ROWS):
        yield target, purl or cpe, "purl" if purl else "cpe"


def _read_lists(actor: User | None) -> None:
    """Read the components of the newest list of each target from the file of its scan; a list of several targets is
    left out, as it does not say which component is where."""
    single = (
        Scan.objects.filter(state=Scan.State.LANDED, format__in=FORMATS)
        .annotate(on=Count("covered")).filter(on=1).order_by("observed", "pk")
    )  # fmt: skip
    newest: dict[int, int] = {}
    for target, scan_pk in (
        ScanTarget.objects.filter(scan__in=single)
        .order_by("scan__observed", "scan_id")
        .values_list("target_id", "scan_id")
    ):
        newest[target] = scan_pk
    known = dict(Component.objects.order_by().values_list("target_id", "scan_id").distinct())
    for target, pk in newest.items():
        if known.get(target) == pk:
            continue
        scan = Scan.objects.select_related("file").get(pk=pk)
        rows: list[Component] = []
        try:
            with open_file(scan.file) as stream:
                rows = [
                    Component(target_id=target, scan=scan, name=c.name, version=c.version, purl=c.purl, cpe=c.cpe)
                    for c in components(cast(BinaryIO, stream), name=scan.name)
                ]
        except (IntakeError, OSError):  # the import told it; a list that cannot be read says nothing
            continue
        with ledger.write(actor):
            Component.objects.filter(target_id=target).delete()
            Component.objects.bulk_create(rows, batch_size=500)


def _store(found: dict[Key, Held]) -> None:
    kept: dict[Key, tuple[int, Held]] = {}
    columns = ("pk", "target_id", "product", "software", "cycle", "matched_by", "ends", "ended")
    for pk, target, product, software, *held in EndedSupport.objects.values_list(*columns).iterator(chunk_size=ROWS):
        kept[target, product, software] = (pk, (held[0], held[1], held[2], held[3]))
    gone = [pk for key, (pk, held) in kept.items() if found.get(key) != held]
    for start in range(0, len(gone), 500):
        EndedSupport.objects.filter(pk__in=gone[start : start + 500]).delete()
    EndedSupport.objects.bulk_create(
        [
            EndedSupport(
                target_id=key[0], product=key[1], software=key[2], cycle=held[0], matched_by=held[1], ends=held[2],
                ended=held[3],
            )
            for key, held in found.items()
            if key not in kept or kept[key][1] != held
        ],
        batch_size=500,
    )  # fmt: skip


def _keep(actor: User | None, mark: dict[str, Any]) -> None:
    with ledger.write(actor):
        state, _ = CoverageState.objects.get_or_create(id=1)
        state.result = {**state.result, "support": mark}
        state.stale = True
        state.save(update_fields=["result", "stale"])
