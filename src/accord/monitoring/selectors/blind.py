"""What is not watched, as the pages and the daily watch read it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from accord.monitoring.models import (
    BlindInitiative,
    BlindState,
    DetectionExercise,
    Rule,
    Source,
    SourceSilence,
    SourceWatch,
)
from accord.monitoring.selectors.profile import Catalogue, Chosen, Named, Profile, catalogue, parent_of, profile
from accord.monitoring.services.baselines import last_of

GAPS = ("rule", "telemetry", "proof")
SCOPES = ("profile", "rules", "all")
Money = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Silent:
    """A source that is silent, and what is not watched because of it.

    `since` is its last event; `due` the moment from which it counts as silent, `by` whence that comes ("told", "past").
    `expected` are the events of an hour that it would send now (least, middle, most), None = not yet known. `rules` are
    primary keys, None where nothing was found out yet. `goal_share` and `loss` (money a year) are of systems whose
    assets no other source sees; None = not known, `unpriced` systems are in no sum.
    """

    source: Source
    since: datetime
    due: datetime | None
    by: str
    noticed: datetime | None
    expected: Money | None
    rules: list[int] | None
    techniques: list[str]
    systems: list[dict[str, Any]]
    goals: dict[str, float]
    goal_share: float | None
    loss: Money | None
    unpriced: int
    lost_assets: int

    @property
    def spot(self) -> str:
        return f"source:{self.source.key}"


def state() -> BlindState | None:
    """The newest finding. One query."""
    return BlindState.objects.filter(id=1).first()


def watches() -> list[SourceWatch]:
    """What was found of every source, with source and owner. One query."""
    return list(SourceWatch.objects.select_related("source__owner").order_by("source__name"))


def silent_sources(
    now: datetime, found: BlindState | None = None, watched: Sequence[SourceWatch] | None = None
) -> list[Silent]:  # fmt: skip
    """Sources that are silent, those with the most at stake first; it writes nothing.

    Three queries, less those for what is given: the newest finding, and what was found of every source.
    """
    result = (found or state() or BlindState()).result
    facts = result.get("sources", {})
    rows = [one for one in (watches() if watched is None else watched) if one.state == SourceWatch.State.SILENT]
    spells = {one.source_id: one for one in SourceSilence.objects.filter(ended__isnull=True)}
    silent = [_silent(row, spells.get(row.source_id), facts.get(str(row.source_id)), now) for row in rows]
    silent.sort(key=lambda one: (-(one.loss or (0, 0, 0))[1], -(one.goal_share or 0), -len(one.rules or ()), one.since))
    return silent


def _silent(row: SourceWatch, spell: SourceSilence | None, facts: dict[str, Any] | None, now: datetime) -> Silent:
    told = facts or {}
    loss = told.get("loss")
    return Silent(
        row.source, last_of(row.source) or row.source.created, row.silent_at, row.by,
        spell.noticed if spell else None, _expected(row, now), told.get("rules"), told.get("techniques", []),
        told.get("systems", []), told.get("goals", {}), told.get("goal_share"),
        None if loss is None else (loss[0], loss[1], loss[2]), told.get("unpriced", 0), told.get("lost_assets", 0),
    )  # fmt: skip


def _expected(row: SourceWatch, now: datetime) -> Money | None:
    """What an hour like this one usually brings."""
    from accord.monitoring.services.baselines import cells_of, past_of

    past = past_of(row)
    return None if past is None else past.expected(cells_of([now])[0])


@dataclass(slots=True)
class Cover:
    """One technique: what is there of rules, telemetry and proof, each by itself.

    rules, arriving: enabled rules for it (or for its sub-techniques), and those of them whose logs arrive with the
    fields that they need. fired, tested: those that fired on real events, and whose tests all pass. `exercise` is the
    newest one: detected or not. `chosen` None = it is not in the profile. `exact` of the rules name the technique
    itself, others a sub-technique. `reasons` count the rules whose logs do not arrive by their state.
    """

    technique: Named
    chosen: Chosen | None = None
    rules: list[int] = field(default_factory=list)
    arriving: int = 0
    fired: int = 0
    tested: int = 0
    last_fired: datetime | None = None
    exercise: DetectionExercise | None = None
    exact: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def proven(self) -> bool:
        """Fired on real events, or passes its tests, or an exercise says so; not where the newest exercise failed."""
        if self.exercise is not None and not self.exercise.detected:
            return False
        return bool(self.fired or self.tested or self.exercise is not None)

    def has(self, name: str) -> bool:
        """Whether it has a "rule", "telemetry" that arrives, or "proof", each by itself."""
        return {"rule": bool(self.rules), "telemetry": bool(self.arriving), "proof": self.proven}[name]

    @property
    def gap(self) -> str:
        """The first of the three that is missing, "" = none."""
        if not self.rules:
            return "rule"
        return "telemetry" if not self.arriving else "" if self.proven else "proof"


@dataclass(slots=True)
class Coverage:
    """All techniques that are looked at, and the sums: of how many there is a rule, telemetry, proof."""

    catalogue: Catalogue
    profile: Profile
    covers: list[Cover]
    scope: str

    def count(self, name: str) -> int:
        """Of the techniques looked at, those that have a "rule", "telemetry" (arriving), or "proof" (whatever else)."""
        return sum(1 for cover in self.covers if cover.has(name))


def coverage(now: datetime, scope: str = "profile", found: BlindState | None = None) -> Coverage:
    """Technique × rule × telemetry × proven. Nine queries, less one where the newest finding is given.

    scope: "profile": the techniques of the threat profile; "rules": those that enabled rules name; "all": those of the
    catalogue and both. A rule for a sub-technique counts for its technique, not the other way round.
    """
    del now  # the states that are kept are those of now
    known = catalogue()
    mine = profile(known)
    found = found or state()
    blind = set(found.result.get("blind_rules", ())) if found else set()
    covers = {technique: Cover(known.of(technique), chosen) for technique, chosen in mine.techniques.items()}
    if scope == "all":
        for technique, named in known.techniques.items():
            if not named.retired:
                covers.setdefault(technique, Cover(named))
    names = ("pk", "techniques", "state", "last_fired", "tests", "tests_failed", "tactics")
    tagged: dict[str, Counter[str]] = defaultdict(Counter)
    rules = Rule.objects.filter(enabled=True, version__isnull=False, is_filter=False).order_by("pk")
    for pk, techniques, state_, fired, tests, failed, tactics in rules.values_list(*names):
        own = {known.now(technique) for technique in techniques}
        for technique in own:
            tagged[technique].update(tactics)
        for technique in own | {parent_of(technique) for technique in own if parent_of(technique)}:
            if scope != "profile" and technique in own:
                covers.setdefault(technique, Cover(known.of(technique)))
            cover = covers.get(technique)
            if cover is not None:
                _count(cover, pk, "silent" if pk in blind else state_, fired, tests and not failed)
                cover.exact += technique in own
    _exercises(covers, known)
    if known.release is None:
        known = _by_tags(covers, tagged, known)
    ordered = sorted(covers.values(), key=_order)
    return Coverage(known, mine, ordered, scope)


def _by_tags(covers: dict[str, Cover], tagged: dict[str, Counter[str]], known: Catalogue) -> Catalogue:
    """Without a catalogue: a technique stands under the tactics that most rules name with it, by their own words."""
    for technique, cover in covers.items():
        counted = tagged.get(technique) or Counter()
        most = max(counted.values(), default=0)
        tactics = tuple(sorted(name for name, number in counted.items() if number == most))
        cover.technique = replace(cover.technique, tactics=tactics)
    names = sorted({tactic for cover in covers.values() for tactic in cover.technique.tactics})
    words = tuple((name, name.replace("-", " ").capitalize()) for name in names)
    return replace(known, tactics=words)


def _order(cover: Cover) -> tuple[bool, float, str]:
    weight = cover.chosen.weight if cover.chosen else None
    return weight is None, -(weight or 0.0), cover.technique.identifier


def _count(cover: Cover, rule: int, state_: str, fired: datetime | None, passes: Any) -> None:
    cover.rules.append(rule)
    cover.arriving += state_ == Rule.State.OK
    if state_ != Rule.State.OK:
        cover.reasons[state_] = cover.reasons.get(state_, 0) + 1
    cover.tested += bool(passes)
    if fired is not None:
        cover.fired += 1
        cover.last_fired = fired if cover.last_fired is None else max(fired, cover.last_fired)


def _exercises(covers: dict[str, Cover], known: Catalogue) -> None:
    """The newest exercise of each technique; of a technique with parts also that of a part."""
    for one in DetectionExercise.objects.order_by("day", "pk"):
        technique = known.now(one.technique)
        for place in (technique, parent_of(technique)):
            if place in covers:
                covers[place].exercise = one


def rules_that_cannot_fire(found: BlindState | None) -> dict[str, Any]:
    """Enabled rules by why they cannot fire: numbers, and of each reason some rules. Two queries."""
    blind = set(found.result.get("blind_rules", ())) if found else set()
    rows = Rule.objects.filter(enabled=True, version__isnull=False, is_filter=False)
    names = ("pk", "title", "level", "state", "reason", "techniques", "product", "category", "service")
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    total = 0
    for row in rows.order_by("title").values(*names):
        total += 1
        state_ = "silent" if row["pk"] in blind else row["state"]
        groups[state_].append(row)
    return {"total": total, "ok": len(groups.pop(Rule.State.OK, ())), "groups": dict(groups)}


def initiatives() -> dict[str, list[BlindInitiative]]:
    """Which blind spots were made initiatives, by blind spot. One query."""
    found: dict[str, list[BlindInitiative]] = defaultdict(list)
    for one in BlindInitiative.objects.order_by("made"):
        found[one.spot].append(one)
    return found
