"""The threat profile with the catalogue of ATT&CK behind it: which techniques count, why, and how they are called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from accord.intake.attack import GROUP
from accord.monitoring.models import (
    AttackGroup,
    AttackRelease,
    AttackTactic,
    AttackTechnique,
    GroupTechnique,
    ThreatProfile,
)

OTHER = "other"
"""The column of the matrix for techniques whose tactic is not known."""


@dataclass(frozen=True, slots=True)
class Named:
    """A technique as the catalogue has it; without a catalogue only its identifier is known."""

    identifier: str
    name: str = ""
    tactics: tuple[str, ...] = ()
    parent: str = ""
    url: str = ""
    retired: bool = False
    replaced_by: str = ""

    def __str__(self) -> str:
        return f"{self.identifier} {self.name}".strip()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What was imported of ATT&CK; `release` None = nothing yet. `tactics` are (short name, name) in their order."""

    release: AttackRelease | None
    tactics: tuple[tuple[str, str], ...]
    techniques: dict[str, Named]

    def of(self, identifier: str) -> Named:
        """A technique by its identifier, whether the catalogue has it or not."""
        return self.techniques.get(identifier) or Named(identifier, parent=parent_of(identifier))

    def now(self, identifier: str) -> str:
        """The identifier that stands for it today: of a revoked one, that which replaced it."""
        for _ in range(5):
            known = self.techniques.get(identifier)
            if known is None or not known.replaced_by:
                break
            identifier = known.replaced_by
        return identifier


@dataclass(slots=True)
class Chosen:
    """A technique of the profile. `groups` use it; `by_hand`: it has a row of its own. `weight` None = not weighed."""

    technique: str
    weight: float | None = None
    by_hand: bool = False
    reason: str = ""
    owner: str = ""
    groups: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Profile:
    """The techniques that count, by identifier; those left out; chosen groups, with names where known; groups of which
    the catalogue knows nothing."""

    techniques: dict[str, Chosen] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    unknown_groups: list[str] = field(default_factory=list)


def parent_of(identifier: str) -> str:
    """Of a sub-technique the technique, else ""."""
    return identifier.partition(".")[0] if "." in identifier else ""


def catalogue() -> Catalogue:
    """Everything that was imported of ATT&CK. Three queries."""
    release = AttackRelease.objects.order_by("-pk").first()
    names = ("identifier", "name", "tactics", "parent", "url", "retired", "replaced_by")
    techniques = {
        row[0]: Named(row[0], row[1], tuple(row[2]), row[3], row[4], row[5], row[6])
        for row in AttackTechnique.objects.values_list(*names)
    }
    tactics = tuple(AttackTactic.objects.order_by("place", "identifier").values_list("short", "name"))
    return Catalogue(release, tactics, techniques)


def profile(known: Catalogue) -> Profile:
    """The threat profile with what its groups use. Three queries."""
    found = Profile()
    rows = list(ThreatProfile.objects.select_related("owner").order_by("key"))
    keys = [row.key for row in rows if GROUP.fullmatch(row.key)]
    found.groups = dict(AttackGroup.objects.filter(identifier__in=keys).values_list("identifier", "name"))
    uses: dict[str, list[str]] = defaultdict(list)
    links = GroupTechnique.objects.filter(group__identifier__in=keys, technique__retired=False)
    for group, technique in links.order_by("pk").values_list("group__identifier", "technique__identifier"):
        uses[group].append(technique)
    found.unknown_groups = [key for key in keys if key not in found.groups]
    found.left_out = {known.now(row.key) for row in rows if row.left_out}
    for row in rows:
        weight = None if row.weight is None else float(row.weight)
        if row.key in keys:
            for technique in uses[row.key]:
                _add(found, technique, weight).groups.append(row.key)
        elif not row.left_out:
            mine = _add(found, known.now(row.key), weight)
            mine.by_hand, mine.reason, mine.owner = True, row.reason, row.owner.name if row.owner else ""
            mine.weight = weight if weight is not None else mine.weight
    return found


def _add(found: Profile, technique: str, weight: float | None) -> Chosen:
    """The technique's entry; of several groups that use it the greatest weight counts."""
    if technique in found.left_out:
        return Chosen(technique)
    mine = found.techniques.setdefault(technique, Chosen(technique))
    if weight is not None and not mine.by_hand:
        mine.weight = weight if mine.weight is None else max(mine.weight, weight)
    return mine


def groups(text: str = "", top: int = 50) -> list[tuple[AttackGroup, int]]:
    """Groups whose name, alias or summary holds the text, with the number of techniques that they use. Two queries."""
    from django.db.models import Count, Q

    rows = AttackGroup.objects.filter(retired=False)
    for word in text.split()[:5]:
        rows = rows.filter(
            Q(name__icontains=word) | Q(summary__icontains=word) | Q(identifier__iexact=word)
            | Q(aliases__icontains=word)
        )  # fmt: skip
    return [(row, row.number) for row in rows.annotate(number=Count("uses")).order_by("-number", "name")[:top]]
