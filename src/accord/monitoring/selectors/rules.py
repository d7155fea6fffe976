"""Reads of rules: numbers by state, the text with its parts marked, a rule's scorecards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, FilteredRelation, Q, QuerySet, Sum
from django.utils import timezone

from accord.monitoring.models import Alert, Rule, RuleCollection, RuleDay, RuleProgram, RuleScore

WINDOW = 30
LONGEST = 2_000
"""Lines of a text that are marked."""
_LINE = re.compile(r"^(\s*(?:- )*)([^\s#'\"{\[][^:#'\"]*?|'[^']*'|\"[^\"]*\")(:)(?=\s|$)(.*)$")
_VALUE = re.compile(r"('(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\")|(\s#.*$)|(\s(?:\||>)[-+0-9]*$)")
Tokens = list[tuple[str, str]]
"""(kind, text): kinds are key, text, note and "" for the rest."""


@dataclass(frozen=True, slots=True)
class StateCount:
    """Enabled rules in one state, and those that are not enabled."""

    state: str
    label: str
    enabled: int
    disabled: int


def with_scores(rows: QuerySet[Rule], window: int = WINDOW) -> QuerySet[Rule]:
    """Rules with the figures of their scorecard over `window` days, from the roll-up."""
    return rows.alias(score=FilteredRelation("scores", condition=Q(scores__window=window))).annotate(
        hits=F("score__hits"), alerts=F("score__alerts"), precision=F("score__precision"),
        precision_low=F("score__precision_low"), precision_high=F("score__precision_high"),
        minutes=F("score__minutes"), cost=F("score__cost"), advice=F("score__advice"), advice_reason=F("score__reason"),
    )  # fmt: skip


def by_state() -> list[StateCount]:
    """Rules by state. One query."""
    rows = Rule.objects.values_list("state", "enabled").annotate(n=Count("pk"))
    held = {(state, enabled): n for state, enabled, n in rows}
    return [
        StateCount(state.value, str(state.label), held.get((state.value, True), 0), held.get((state.value, False), 0))
        for state in (
            Rule.State.OK, Rule.State.NO_SOURCE, Rule.State.MISSING_FIELD, Rule.State.UNSUPPORTED, Rule.State.UNKNOWN,
        )
    ]  # fmt: skip


def program() -> RuleProgram | None:
    """The program in force; None where none was compiled yet."""
    return RuleProgram.objects.defer("versions", "placeholders").filter(pk=1).first()


def collections() -> list[RuleCollection]:
    """Collections with their number of documents that are no rules (`bad`)."""
    return list(RuleCollection.objects.annotate(bad=Count("faults")).select_related("by").order_by("name"))


def members_of(rule: Rule) -> list[Rule]:
    """The rules that a correlation rule names, as far as they are there."""
    from accord.monitoring.services.ruleset import members_of as names_in

    if not rule.is_correlation or rule.version is None:
        return []
    names = names_in([rule.version.text])
    return list(Rule.objects.filter(Q(identifier__in=names) | Q(name__in=names)).order_by("title", "pk"))


def scores_of(rule: Rule) -> list[RuleScore]:
    return list(rule.scores.order_by("window"))


def volume(rule: Rule, days: int) -> list[tuple[Any, int]]:
    """Hits by day of receipt (UTC) of the last `days` days; days without any are not in it."""
    since = timezone.now().date() - timedelta(days=days)
    return list(RuleDay.objects.filter(rule=rule, day__gt=since).order_by("day").values_list("day", "hits"))


def dropped(rule: Rule, days: int) -> int:
    """What filters kept from being a hit of a rule in the last `days` days; of a filter, what it kept."""
    since = timezone.now().date() - timedelta(days=days)
    return int(RuleDay.objects.filter(rule=rule, day__gt=since).aggregate(sum=Sum("dropped"))["sum"] or 0)


def newest_alerts(rule: Rule, most: int = 5) -> list[Alert]:
    return list(Alert.objects.filter(rule=rule).order_by("-opened")[:most])


def marked(text: str) -> list[Tokens]:
    """The lines of a YAML text, each as tokens for a reader."""
    return [list(_tokens(line)) for line in text.splitlines()[:LONGEST]]


def lines_left(text: str) -> int:
    """How many lines `marked` leaves out."""
    return max(0, len(text.splitlines()) - LONGEST)


def _tokens(line: str) -> Iterator[tuple[str, str]]:
    if line.lstrip().startswith("#"):
        yield "note", line
        return
    found = _LINE.match(line[:2000])
    rest = line
    if found is not None:
        yield "", found[1]
        yield "key", found[2]
        yield "", found[3]
        rest = found[4] + line[2000:]
    at = 0
    for part in _VALUE.finditer(rest):
        yield "", rest[at : part.start()]
        yield ("text" if part[1] else "note" if part[2] else ""), part[0]
        at = part.end()
    yield "", rest[at:]
