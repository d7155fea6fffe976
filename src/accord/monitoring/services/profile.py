"""Changes the threat profile: groups that are chosen, and layers of the Navigator that are taken in or compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import IO

from django.utils import timezone

from accord.core.errors import Problem, Refused
from accord.core.imports import Difference, TextRow, TextTable, compare, import_tables
from accord.core.models import User
from accord.intake.attack import GROUP
from accord.intake.navigator import Layer, read_layer
from accord.intake.records import IntakeError
from accord.monitoring.models import AttackGroup, ThreatProfile

COLUMNS = ("key", "reason", "weight", "owner", "left_out", "added")


def choose_groups(actor: User, keys: Iterable[str], reason: str) -> Difference:
    """Add groups of the catalogue to the profile; those that are there keep what stands there."""
    wanted = sorted(set(keys))
    if not wanted:
        raise Refused("No group was chosen.")
    known = set(AttackGroup.objects.filter(identifier__in=wanted).values_list("identifier", flat=True))
    for key in wanted:
        if not GROUP.fullmatch(key) or key not in known:
            raise Refused(Problem(None, "group", f"“{key}” is no group of the catalogue.", "Choose one of the list."))
    there = set(ThreatProfile.objects.filter(key__in=wanted).values_list("key", flat=True))
    rows = [_row(key, reason) for key in wanted if key not in there]
    return import_tables(actor, [_table(rows)])


def read(stream: IO[bytes], name: str) -> Layer:
    """A layer that was handed in; `Refused` where it is none."""
    try:
        return read_layer(stream, name=name)  # type: ignore[arg-type]
    except IntakeError as error:
        row = error.row if isinstance(error.row, int) else None
        raise Refused(Problem(row, error.field or "", error.problem, error.remedy, error.file)) from None


@dataclass(slots=True)
class Compared:
    """A layer against the profile: what only the layer has, what only the profile has, and what both have."""

    layer: Layer
    only_layer: list[str] = field(default_factory=list)
    only_profile: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)


def compared(layer: Layer, profile: Iterable[str], least: float | None = None) -> Compared:
    """Compare by technique. A technique of the layer counts that is enabled and, with `least`, has that score."""
    theirs, mine = set(wanted(layer, least)), set(profile)
    return Compared(layer, sorted(theirs - mine), sorted(mine - theirs), sorted(theirs & mine))


def wanted(layer: Layer, least: float | None = None) -> list[str]:
    """The techniques of a layer that count, in order."""
    return sorted(
        one.identifier for one in layer.techniques.values()
        if one.enabled and (least is None or (one.score is not None and one.score >= least))
    )  # fmt: skip


def table_of(layer: Layer, least: float | None = None) -> TextTable:
    """The rows of the profile that a layer makes: its scores as weights, what it disables as left out.

    A row that is there keeps its owner, its reason and its day.
    """
    chosen = set(wanted(layer, least))
    off = {one.identifier for one in layer.techniques.values() if not one.enabled}
    kept = {
        row.key: row for row in ThreatProfile.objects.filter(key__in=chosen | off).select_related("owner")
    }  # fmt: skip
    rows = []
    for technique in sorted(chosen | off):
        one, row = layer.techniques[technique], kept.get(technique)
        weight = "" if one.score is None or one.score < 0 else f"{one.score:g}"
        if row is None:
            rows.append(_row(technique, one.comment or f"Layer “{layer.name}”", weight, off=technique in off))
        else:
            held = "" if row.weight is None else format(row.weight.normalize(), "f")
            rows.append({
                "key": technique, "reason": row.reason, "weight": weight or held,
                "owner": row.owner.key if row.owner else "", "left_out": "yes" if technique in off else "no",
                "added": row.added.isoformat() if row.added else "",
            })  # fmt: skip
    return _table(rows)


def preview(layer: Layer, least: float | None = None) -> Difference:
    """What taking a layer in would change. Writes nothing."""
    return compare([table_of(layer, least)])


def take_layer(actor: User, layer: Layer, least: float | None = None, expected: str | None = None) -> Difference:
    """Take a layer into the profile, whole or not at all; `expected` is the digest of the preview that was seen."""
    return import_tables(actor, [table_of(layer, least)], expected=expected)


def _row(key: str, reason: str, weight: str = "", *, off: bool = False) -> dict[str, str]:
    return {
        "key": key, "reason": reason[:300], "weight": weight, "owner": "", "left_out": "yes" if off else "",
        "added": timezone.localdate().isoformat(),
    }  # fmt: skip


def _table(rows: list[dict[str, str]]) -> TextTable:
    return TextTable("threat_profile", list(COLUMNS), [TextRow(n, row) for n, row in enumerate(rows, 1)])
