"""What hangs on one source, and what it usually sends: as the round found it last, with the rows behind its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from accord.monitoring.models import AttackTechnique, BlindState, Rule, Source, SourceWatch
from accord.monitoring.services.baselines import cells_of, past_of
from accord.organization.models import Goal

RULES = 50
Money = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Hanging:
    """Rules that rest on a source alone, their techniques (identifier, name), systems whose assets no other source
    sees, and goals (key, name, weight). `rules` are at most RULES of `rule_number`, the highest level first. None of a
    weight or a loss (money a year) = not known; `names_assets` tells whether its events name assets at all,
    or are of one by its binding (`bound`)."""

    at: datetime | None
    rule_number: int
    rules: list[Rule] = field(default_factory=list)
    techniques: list[tuple[str, str]] = field(default_factory=list)
    systems: list[dict[str, Any]] = field(default_factory=list)
    goals: list[tuple[str, str, float]] = field(default_factory=list)
    goal_share: float | None = None
    loss: Money | None = None
    unpriced: int = 0
    currency: str = ""
    names_assets: bool = False
    bound: bool = False


def hanging(source: Source) -> Hanging | None:
    """What would not be seen without it; None where nothing was found out yet. Four queries at most."""
    state = BlindState.objects.filter(id=1).first()
    facts = state.result.get("sources", {}).get(str(source.pk)) if state else None
    if state is None or facts is None:
        return None
    levels = [value for value, _ in Rule.Level.choices]
    held = Rule.objects.filter(pk__in=facts["rules"]).only("pk", "title", "level", "state", "techniques")
    rules = sorted(held, key=lambda one: (levels.index(one.level) if one.level in levels else len(levels), one.title))
    named = dict(AttackTechnique.objects.filter(identifier__in=facts["techniques"]).values_list("identifier", "name"))
    goals = dict(Goal.objects.filter(key__in=facts["goals"]).values_list("key", "name"))
    loss = facts["loss"]
    return Hanging(
        state.at, len(rules), rules[:RULES], [(one, named.get(one, "")) for one in facts["techniques"]],
        facts["systems"], [(key, goals.get(key, key), weight) for key, weight in facts["goals"].items() if weight],
        facts["goal_share"], None if loss is None else (loss[0], loss[1], loss[2]), facts["unpriced"],
        state.result.get("currency", ""), bool(facts["assets"]),
        bool(facts.get("bound")),
    )  # fmt: skip


def rests_on(key: str) -> list[int]:
    """Primary keys of the enabled rules that rest on the source with this key alone. Two queries."""
    source = Source.objects.filter(key=key).values_list("pk", flat=True).first()
    state = BlindState.objects.filter(id=1).first()
    return list(state.result.get("sources", {}).get(str(source), {}).get("rules", ())) if state else []


def blinded() -> list[int]:
    """Primary keys of the enabled rules whose every source is silent. One query."""
    state = BlindState.objects.filter(id=1).first()
    return list(state.result.get("blind_rules", ())) if state else []


def usual(watch: SourceWatch | None, hours: Iterable[datetime]) -> list[Money | None]:
    """Of each hour what the source's own past expects of such an hour of the week: least, middle, most events.

    None where not yet known.
    """
    asked = list(hours)
    past = past_of(watch) if watch is not None else None
    return [None if past is None else past.expected(cell) for cell in cells_of(asked)]
