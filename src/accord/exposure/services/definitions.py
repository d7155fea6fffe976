"""Keeps the kinds of weakness that scanners name, with what the feeds say of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from accord.core import ledger
from accord.engines import priority
from accord.exposure.models import Definition, DefinitionAlias, Epss, Kev, Severity, SsvcPoint
from accord.exposure.services import bulk, searching
from accord.exposure.services.bulk import clip
from accord.intake.cvss import rate, severity_of
from accord.intake.records import Observation

LENGTH = 300
SEVERITY = {str(severity.label): severity.value for severity in Severity}
FILLED = (
    "title", "description", "solution", "severity", "cvss_vectors", "cvss_score", "cwes", "references",
    "possible", "known_exploited", "epss", "epss_percentile", "pending", "exploitation", "automatable", "total_impact",
    "points_of", "exploited_since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """What the feeds say of a set of identifiers. None = unknown."""

    known_exploited: bool | None
    epss: float | None
    percentile: float | None
    exploitation: str = ""
    automatable: bool | None = None
    total_impact: bool | None = None
    points_of: date | None = None
    vectors: tuple[str, ...] = ()


Point = tuple[str, bool | None, bool | None, date | None, tuple[str, ...]]


@dataclass(slots=True)
class Feeds:
    """Look-up of CVEs in the tables of the feeds."""

    has_kev: bool
    exploited: set[str] = field(default_factory=set)
    scores: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    points: dict[str, Point] = field(default_factory=dict)

    @classmethod
    def of(cls, identifiers: Iterable[str]) -> Feeds:
        """The entries about these identifiers. Four queries per 2,000 CVEs."""
        found = cls(Kev.objects.exists())
        cves = sorted({i for i in identifiers if i.startswith("CVE-")})
        for part in bulk.chunks(cves, 2000):
            found.exploited.update(Kev.objects.filter(cve__in=part).values_list("cve", flat=True))
            for cve, score, percentile in Epss.objects.filter(cve__in=part).values_list("cve", "score", "percentile"):
                found.scores[cve] = (score, percentile)
            told = ("cve", "exploitation", "automatable", "total_impact", "assessed", "vectors")
            for cve, exploitation, automatable, total, day, vectors in SsvcPoint.objects.filter(
                cve__in=part
            ).values_list(*told):
                found.points[cve] = (exploitation, automatable, total, day, tuple(vectors))
        return found

    def facts(self, identifiers: Iterable[str]) -> FeedFacts:
        """Of a definition with these identifiers: exploited if one is, and the highest probability among them.

        A definition without a CVE is not in the catalogue, which lists CVEs only.
        """
        names = list(identifiers)
        scored = [self.scores[name] for name in names if name in self.scores]
        best = max(scored, default=None, key=lambda pair: pair[0])
        known = any(name in self.exploited for name in names) if self.has_kev else None
        score, percentile = best or (None, None)
        points = [self.points[name] for name in names if name in self.points]
        return FeedFacts(known, score, percentile, *_gravest(points)) if points else FeedFacts(known, score, percentile)


def _gravest(points: list[Point]) -> Point:
    """Of several CVEs in one definition: each answer is the gravest among them, the day the oldest."""
    order = {"": 0, "none": 1, "poc": 2, "active": 3}
    days = [point[3] for point in points if point[3] is not None]
    return (
        max((point[0] for point in points), key=order.__getitem__),
        _any([point[1] for point in points]),
        _any([point[2] for point in points]),
        min(days, default=None),
        points[0][4],
    )


def _any(answers: list[bool | None]) -> bool | None:
    return True if True in answers else None if None in answers else False


def identifier_of(text: str) -> str:
    """An identifier that fits its column; a longer one ends in a digest of itself."""
    if len(text) <= LENGTH:
        return text
    return f"{text[: LENGTH - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def names_of(observation: Observation) -> list[str]:
    """All identifiers of what was observed, upper-case, its own first."""
    names = (identifier_of(observation.definition_id), *map(identifier_of, observation.aliases))
    return list(dict.fromkeys(name.upper() for name in names))


def score_of(observation: Observation) -> float | None:
    """The CVSS score that the file gives, else that of its first valid vector."""
    if observation.cvss_score is not None:
        return observation.cvss_score
    scores = (rate(vector).score for vector in observation.cvss_vectors)
    return next((score for score in scores if score is not None), None)


def severity_number(observation: Observation, score: float | None) -> int | None:
    """The severity that the file gives, else the band of the score; None = unknown."""
    word = observation.severity or severity_of(score)
    return None if word is None else SEVERITY[word]


def possible_of(observation: Observation, severity: int | None) -> int:
    """The answers that the observation leaves open (`engines.priority.possibilities`)."""
    word = None if severity is None else str(Severity(severity).label)
    return priority.possibilities(observation.cvss_vectors, word)


def ensure(observations: Iterable[Observation], log: ledger.Log) -> dict[str, Definition]:
    """The definitions of the observations by identifier; new ones are made, blank facts filled in.

    Inside the caller's transaction; a constant number of queries for each 2,000 definitions.
    """
    first: dict[str, Observation] = {}
    names: dict[str, dict[str, None]] = {}
    for one in observations:
        identifier = identifier_of(one.definition_id)
        held = first.get(identifier)
        if held is None or (one.cvss_vectors and not held.cvss_vectors):
            first[identifier] = one
        names.setdefault(identifier, {}).update(dict.fromkeys(names_of(one)))
    known: dict[str, Definition] = {}
    for part in bulk.chunks(first, 2000):
        known.update({d.identifier: d for d in Definition.objects.filter(identifier__in=part)})
    aliases = _aliases(known)
    added = [i for i in first if i not in known]
    changed = [
        i for i, d in known.items()
        if not names[i].keys() <= aliases[d.pk] or (d.possible is None and first[i].cvss_vectors)
    ]  # fmt: skip
    if not added and not changed:
        return known
    feeds = Feeds.of(name for i in (*added, *changed) for name in names[i])
    fresh = bulk.make(Definition, [_new(i, first[i], feeds.facts(names[i])) for i in added])
    for definition in fresh:
        known[definition.identifier] = definition
        log.add("add", "definition", definition.identifier, None, snapshot(definition))
    for identifier in changed:
        definition = known[identifier]
        before = snapshot(definition)
        every = dict.fromkeys((*aliases[definition.pk], *names[identifier]))
        _fill(definition, first[identifier], Feeds.of(every).facts(every))
        log.add("change", "definition", identifier, before, snapshot(definition))
    bulk.overwrite(Definition, [known[i] for i in changed], FILLED)
    bulk.make(DefinitionAlias, _named((known[i] for i in added), names))
    _add_aliases((known[i] for i in changed), names)
    searching.note_definitions([known[i].pk for i in (*added, *changed)])
    return known


def _aliases(known: Mapping[str, Definition]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {d.pk: set() for d in known.values()}
    for part in bulk.chunks(found, 2000):
        rows = DefinitionAlias.objects.filter(definition_id__in=part)
        for pk, value in rows.values_list("definition_id", "value"):
            found[pk].add(value)
    return found


def _named(definitions: Iterable[Definition], names: Mapping[str, Mapping[str, None]]) -> list[DefinitionAlias]:
    return [DefinitionAlias(definition=d, value=name) for d in definitions for name in names[d.identifier]]


def _add_aliases(definitions: Iterable[Definition], names: Mapping[str, Mapping[str, None]]) -> None:
    for part in bulk.chunks(_named(definitions, names), 5000):
        DefinitionAlias.objects.bulk_create(part, batch_size=bulk.ROWS, ignore_conflicts=True)


def _new(identifier: str, seen: Observation, facts: FeedFacts) -> Definition:
    made = Definition(identifier=identifier, kind=seen.kind, title=clip(seen.title, 500))
    made.description, made.solution = clip(seen.description, 20_000), clip(seen.solution, 20_000)
    made.cvss_score = score_of(seen)
    made.severity = severity_number(seen, made.cvss_score)
    _rate(made, seen)
    made.cwes, made.references = list(seen.cwes[:50]), [clip(r, 500) for r in seen.references[:50]]
    _note(made, facts)
    made.pending = False
    return made


def _rate(definition: Definition, seen: Observation) -> None:
    if seen.cvss_vectors:
        definition.cvss_vectors = [clip(vector, 300) for vector in seen.cvss_vectors[:5]]
        definition.possible = possible_of(seen, definition.severity)


def _fill(definition: Definition, seen: Observation, facts: FeedFacts) -> None:
    """Fill in what was unknown; what is known stays as it is."""
    definition.description = definition.description or clip(seen.description, 20_000)
    definition.solution = definition.solution or clip(seen.solution, 20_000)
    if definition.cvss_score is None:
        definition.cvss_score = score_of(seen)
    if definition.severity is None:
        definition.severity = severity_number(seen, definition.cvss_score)
    if definition.possible is None:
        _rate(definition, seen)
        definition.pending = definition.pending or definition.possible is not None
    _note(definition, facts)


def _note(definition: Definition, facts: FeedFacts) -> None:
    """Note what the feeds say; findings that rest on older facts are then to be assessed again."""
    take_facts(definition, facts, timezone.now())


def take_facts(definition: Definition, facts: FeedFacts, now: datetime) -> bool:
    """Note what the feeds say on the definition, without a write; True = something differs from what was noted.

    `pending` is set where its findings then rest on older facts; `exploited_since` is `now` from the moment on that it
    is known to be exploited.
    """
    names = ("known_exploited", "epss", "possible", "exploitation", "automatable", "total_impact")
    others = ("epss_percentile", "points_of", "cvss_vectors")
    before = [getattr(definition, name) for name in names]
    beside = [getattr(definition, name) for name in others]
    if facts.known_exploited and not definition.known_exploited:
        definition.exploited_since = now
    elif not facts.known_exploited:
        definition.exploited_since = None
    definition.known_exploited, definition.epss = facts.known_exploited, facts.epss
    definition.epss_percentile, definition.points_of = facts.percentile, facts.points_of
    definition.exploitation = facts.exploitation
    definition.automatable, definition.total_impact = facts.automatable, facts.total_impact
    if not definition.cvss_vectors and facts.vectors:
        definition.cvss_vectors = [clip(vector, 300) for vector in facts.vectors]
    definition.possible = _possible(definition)
    after = [getattr(definition, name) for name in names]
    definition.pending = definition.pending or before != after
    return before != after or beside != [getattr(definition, name) for name in others]


def _possible(definition: Definition) -> int | None:
    """What vector and points leave open; None = neither says anything."""
    severity = None if definition.severity is None else str(Severity(definition.severity).label)
    has_points = bool(definition.exploitation) or not (definition.automatable is definition.total_impact is None)
    if not definition.cvss_vectors and not has_points:
        return None
    open_ = priority.possibilities(definition.cvss_vectors, severity)
    return priority.with_points(open_, definition.exploitation, definition.automatable, definition.total_impact)


def snapshot(definition: Definition) -> dict[str, Any]:
    """What the ledger keeps of a definition."""
    return {
        "title": definition.title,
        "kind": definition.kind,
        "severity": definition.severity_name or None,
        "cvss_score": definition.cvss_score,
        "cvss_vectors": definition.cvss_vectors,
        "known_exploited": definition.known_exploited,
        "epss": definition.epss,
    }
