"""Alerts whose every hit is a member of a correlation rule's firing: they are shown under its alert, not beside it.

Only what the correlation rule itself asks for is folded (its rules, and theirs), only under an alert of the same level
or a higher one, and never what somebody has taken already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.db.models import Q

from accord.monitoring.models import Alert, AlertEvent, Rule, RuleVersion
from accord.monitoring.services.alerts.drafts import Draft
from accord.monitoring.services.ruleset import digest, members_of

ORDER = {"none": 2, "informational": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}
DEEPEST = 5


def fold(drafts: Sequence[Draft]) -> list[Alert]:
    """Fold alerts of this batch, and new ones of earlier ones; returns those of earlier ones that are changed.

    Alerts must be written. Five queries, and more where a rule was not met before.
    """
    outer = [draft for draft in drafts if draft.alert.kind == Alert.Kind.CORRELATION and _is_waiting(draft.alert)]
    if not outer:
        return []
    pairs = tuple(sorted({(draft.alert.rule_id or 0, draft.alert.version_id or 0) for draft in outer}))
    below = feeds(pairs, digest())
    outer.sort(key=lambda draft: -len(below[draft.alert.rule_id or 0]))  # what rests on most comes first
    members: dict[int, set[str]] = defaultdict(set)
    for draft in outer:
        for hit in draft.hits:
            members[draft.alert.pk].update(hit.members or (hit.event,))
            members[draft.alert.pk].add(hit.event)
    events = _events(drafts, outer, below, members)
    changed = []
    here = {draft.alert.pk: draft.alert for draft in drafts}
    for alert, keys in events.items():
        if alert.state != Alert.State.NEW or alert.kept < alert.events:
            continue
        for draft in outer:
            above = draft.alert
            asked = above.pk != alert.pk and alert.rule_id in below[above.rule_id or 0]
            if asked and _fits(alert, above) and keys and keys <= members[above.pk]:
                alert.folded_into, alert.state = above, Alert.State.FOLDED
                changed.append(alert)
                break
    changed += _lifted(changed)
    for alert in changed:
        if alert.pk in here:
            here[alert.pk].folded_into_id, here[alert.pk].state = alert.folded_into_id, alert.state
    return changed


def _lifted(changed: Sequence[Alert]) -> list[Alert]:
    """What was folded under an alert that is folded itself now, moved up to where that went."""
    above = {alert.pk: alert.folded_into for alert in changed}
    found = list(Alert.objects.filter(folded_into_id__in=list(above), state=Alert.State.FOLDED))
    for alert in found:
        alert.folded_into = above[alert.folded_into_id or 0]
    return found


def _is_waiting(alert: Alert) -> bool:
    return alert.state in (Alert.State.NEW, Alert.State.OPEN)


def _fits(alert: Alert, above: Alert) -> bool:
    return ORDER.get(alert.level, 2) <= ORDER.get(above.level, 2)


def _events(
    drafts: Iterable[Draft], outer: Iterable[Draft], below: dict[int, frozenset[int]], members: dict[int, set[str]]
) -> dict[Alert, set[str]]:  # fmt: skip
    """The alerts that may be folded, each with the keys of all events that it rests on."""
    rules = {rule for draft in outer for rule in below[draft.alert.rule_id or 0]}
    wanted = {key for keys in members.values() for key in keys}
    if not rules:
        return {}
    touched = AlertEvent.objects.filter(event__in=wanted, alert__rule_id__in=rules, alert__state=Alert.State.NEW)
    rows = AlertEvent.objects.filter(alert_id__in=set(touched.values_list("alert_id", flat=True)))
    found: dict[int, tuple[Alert, set[str]]] = {}
    for row in rows.select_related("alert").defer("data", "asked").order_by("pk"):
        held = found.setdefault(row.alert_id, (row.alert, set()))
        held[1].update(row.members or (row.event,))
        held[1].add(row.event)
    return dict(found.values())


@lru_cache(maxsize=64)
def feeds(rules: tuple[tuple[int, int], ...], program: str) -> dict[int, frozenset[int]]:
    """For correlation rules (pairs of rule and version) all rules on which each rests, while a program is in force."""
    return {rule: _below(version) for rule, version in rules}


def _below(version: int) -> frozenset[int]:
    found: set[int] = set()
    texts = list(RuleVersion.objects.filter(pk=version).values_list("text", flat=True))
    for _ in range(DEEPEST):
        names = members_of(texts) if texts else set()
        if not names:
            break
        rows = Rule.objects.filter(Q(identifier__in=names) | Q(name__in=names)).exclude(pk__in=found)
        more = list(rows.values_list("pk", "is_correlation", "version__text"))
        found.update(pk for pk, _, _ in more)
        texts = [text for _, correlates, text in more if correlates and text]
    return frozenset(found)
