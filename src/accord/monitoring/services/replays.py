"""What an exception would have dropped: over the hits kept with alerts, and over the events that are stored."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from accord.core import ledger
from accord.monitoring.models import Alert, AlertEvent, ExceptionReplay, Rule
from accord.monitoring.services import replayed_correlations, ruleset
from accord.monitoring.services.exception_gate import ENVELOPE, Matcher, event_of, program_of
from accord.monitoring.services.replayed_correlations import Correlated

if TYPE_CHECKING:
    from accord.monitoring.services.ruleset import RuleSet
    from accord.monitoring.store import StoredEvent

Tell = Callable[[int, int | None, str], None]
UNTRIAGED = "untriaged"
ORDER = (Alert.Verdict.TRUE.value, UNTRIAGED, Alert.Verdict.BENIGN.value, Alert.Verdict.FALSE.value,
         Alert.Verdict.DUPLICATE.value)  # fmt: skip
"""Verdicts as a replay shows them: what must not vanish comes first."""
LISTED = 500
MOST_STORED = 200_000
CHUNK = 1000


def run(pk: int, tell: Tell) -> dict[str, Any]:
    """Replay, keep the result with the replay, and return it. Safe to repeat."""
    shown = ExceptionReplay.objects.get(pk=pk)
    until = timezone.now()
    since = until - timedelta(days=shown.days)
    held = ruleset.current()
    correlated = replayed_correlations.run(shown, held, since, until, tell)
    result: dict[str, Any] = {
        "days": shown.days, "since": since.isoformat(), "until": until.isoformat(),
        **_over_alerts(shown, since, correlated, tell), "stored": _over_store(shown, held, since, until, tell),
        "correlations": correlated.told(), "history": replayed_correlations.history(since, shown.days),
    }  # fmt: skip
    text = json.dumps([shown.digest, result], sort_keys=True)
    proof = blake2b(text.encode("utf-8", "replace"), digest_size=16, person=b"accord replay").hexdigest()
    with ledger.write(shown.by) as log:
        ExceptionReplay.objects.filter(pk=pk).update(result=result, proof=proof, done=timezone.now())
        log.add("replay", "rule_exception", f"replay {pk}", None, {"digest": shown.digest, **result["by_verdict"]})
    return {"alerts": len(result["alerts"]), "stored": result["stored"]}


def _over_alerts(shown: ExceptionReplay, since: datetime, correlated: Correlated, tell: Tell) -> dict[str, Any]:
    """Alerts of the last days with the hits that fit: all of them, or some.

    A hit of a correlation rule is lost as well where the rule would not have held for what is left of its events.
    """
    matcher = Matcher([shown.conditions])
    rows = AlertEvent.objects.filter(alert__last__gte=since, alert__rule__isnull=False).order_by("pk")
    wanted = None if shown.everywhere else frozenset(shown.rules)
    if wanted is not None:
        rows = rows.filter(alert__rule_id__in=wanted | correlated.rules)
    total, matched, undecided = rows.count(), Counter[int](), Counter[int]()
    fields = ("alert_id", "data", "host", "user", "address", "group", "cut", "alert__rule_id", "event")
    for place, (alert, data, host, user, address, group, cut, rule, event) in enumerate(
        rows.values_list(*fields).iterator(chunk_size=CHUNK), 1
    ):
        is_own = wanted is None or rule in wanted
        if event in correlated.gone.get(rule, ()) or (
            is_own and matcher.matching(event_of(data, host, user, address, group))
        ):
            matched[alert] += 1
        elif (cut and is_own) or (rule in correlated.rules and event not in correlated.before.get(rule, ())):
            undecided[alert] += 1
        if not place % CHUNK:
            tell(place, total, "Looking at the hits of alerts")
    return _told(matched, undecided)


def _told(matched: Mapping[int, int], undecided: Mapping[int, int]) -> dict[str, Any]:
    listed: list[dict[str, Any]] = []
    by_verdict: dict[str, dict[str, int]] = {name: {"vanish": 0, "lose": 0} for name in ORDER}
    minutes, without_minutes, keys = 0.0, 0, sorted(matched)
    for start in range(0, len(keys), CHUNK):
        for alert in Alert.objects.filter(pk__in=keys[start : start + CHUNK]).order_by("pk"):
            hits = matched[alert.pk]
            whole = hits == alert.kept == alert.events
            verdict = alert.verdict or UNTRIAGED
            by_verdict[verdict]["vanish" if whole else "lose"] += 1
            if whole and alert.state == Alert.State.CLOSED:
                minutes += alert.minutes
                without_minutes += not alert.minutes
            listed.append({
                "key": alert.key, "title": alert.title, "entity": f"{alert.entity_kind} {alert.entity}",
                "verdict": verdict, "level": alert.level, "opened": alert.opened.isoformat(), "matched": hits,
                "kept": alert.kept, "events": alert.events, "whole": whole, "minutes": round(alert.minutes, 1),
            })  # fmt: skip
    listed.sort(key=lambda one: (ORDER.index(one["verdict"]), not one["whole"], one["key"]))
    return {
        "by_verdict": by_verdict, "alerts": listed[:LISTED], "number": len(listed), "minutes": round(minutes, 1),
        "without_minutes": without_minutes, "undecided": len([pk for pk in undecided if pk not in matched]),
    }  # fmt: skip


def _over_store(
    shown: ExceptionReplay, held: RuleSet, since: datetime, until: datetime, tell: Tell
) -> dict[str, Any]:  # fmt: skip
    """Stored events that fit and for which a rule in scope holds: how many hits, of which rules, on how many events."""
    from accord.engines.sigma import Engine, LogSource

    wanted = None if shown.everywhere else set(shown.rules)
    chosen = [
        number for number in held.run
        if number not in held.quiet and (wanted is None or held.rules[number][0] in wanted)
    ]  # fmt: skip
    if not chosen:
        return {"events": 0, "hits": 0, "rules": [], "capped": False}
    engine = Engine(held.program, chosen)
    hits: Counter[int] = Counter()
    events = 0
    for event in _fitting(shown, held.program, chosen, since, until, tell):
        source = LogSource(event.product, event.category, event.service)
        numbers = engine.match(event.data, source, event.raw if event.json else None)
        hits.update(held.rules[number][0] for number in numbers)
        events += bool(numbers)
        if events >= MOST_STORED:
            break
    names = dict(Rule.objects.filter(pk__in=list(hits)[:CHUNK]).values_list("pk", "title"))
    rules = [{"rule": pk, "title": names.get(pk, ""), "hits": count} for pk, count in hits.most_common(20)]
    return {"events": events, "hits": sum(hits.values()), "rules": rules, "capped": events >= MOST_STORED}


def _fitting(
    shown: ExceptionReplay, program: Any, chosen: list[int], since: datetime, until: datetime, tell: Tell
) -> Iterator[StoredEvent]:  # fmt: skip
    """The stored events for which all conditions hold. Those on fields of the log itself are run over the store;
    where there are none, the rules are, and what they find is looked at."""
    from accord.monitoring.store import lookback

    native = [one for one in shown.conditions if one["field"] not in ENVELOPE]
    if native:
        program, chosen = program_of([native]), [0]

    def told(share: float, behind: int, found: int) -> None:
        tell(int(share * 1000), 1000, f"Looking at stored events: {found:,} fit so far")

    matcher = Matcher([shown.conditions])
    for event, _ in lookback.run(program, chosen, since, until, tell=told):
        if matcher.matching(event_of(event.data, event.host, event.user, event.src or event.dst)):
            yield event
