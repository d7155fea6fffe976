"""Collections of rules taken in.

What a person changed here is never overwritten: the collection's new text is then kept as a version that waits
(`Rule.offered`). So is one that fails the rule's tests, or cannot be run while the text in force can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import Rule, RuleCollection, RuleFault, RuleProgram, RuleTest, RuleVersion
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.plan import Plan, plan
from accord.monitoring.services.rules.policy import enables
from accord.monitoring.services.rules.reading import Case, Gathered, of_texts
from accord.monitoring.services.rules.texts import Document, described
from accord.monitoring.services.rules.versions import IN_FORCE, OWN, put_in_force
from accord.monitoring.services.ruleset import renew

PACK = "accord"
AT_ONCE = 500
TRIES = 3
Tell = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """How an import is meant: where it came from, and whether rules that it no longer has are switched off."""

    collection: str
    kind: str
    place: str = ""
    retire: bool = False

    def checked(self) -> Wish:
        name = self.collection.strip()
        if not name or len(name) > 100 or name == OWN:
            raise Refused(Problem(None, "collection", f"“{name}” cannot be the name of a collection.", "Give another."))
        if name == PACK and self.kind != RuleCollection.Kind.PACK:
            raise Refused(Problem(None, "collection", f"“{PACK}” is the pack of Accord itself.", "Give another name."))
        return self


def apply(actor: User, gathered: Gathered, wish: Wish, tell: Tell | None = None) -> dict[str, Any]:
    """Take a collection in, whole or not at all; then run the tests of what is new. Returns the counts."""
    wish.checked()
    if not gathered.documents and not gathered.cases:
        raise Refused(Problem(None, "", "It holds no Sigma rules (.yml).", "Name their folder or archive.", wish.place))
    for _ in range(TRIES):  # compiling takes long and nobody should wait for it: writers only wait for the rest
        before = _mark()
        found = plan(gathered, wish.collection)
        with ledger.write(actor) as log:
            if _mark() == before:
                counts, cases = _take(actor, found, gathered, wish, log)
                break
    else:
        raise Refused("Rules were changed by somebody else all the time. Try again.")
    rules = Rule.objects.filter(pk__in=cases).order_by("pk")
    changed = [rule.pk for rule, _ in found.changed if rule.tests]
    outcome = rule_tests.run_for(list(rules | Rule.objects.filter(pk__in=changed)), tell)
    return {**counts, "tests_passed": outcome["passed"], "tests_failed": outcome["failed"], "notes": gathered.notes}


def _mark() -> tuple[Any, ...]:
    """What differs when rules were written since."""
    changes = RuleProgram.objects.filter(pk=1).values_list("changes", flat=True).first()
    newest = RuleVersion.objects.aggregate(top=Max("pk"))["top"]
    return changes, newest, Rule.objects.count()


def _take(
    actor: User, found: Plan, gathered: Gathered, wish: Wish, log: ledger.Log
) -> tuple[dict[str, int], list[int]]:  # fmt: skip
    touched = _write(actor, found, gathered, wish, log)
    counts, cases = found.counts(), _keep_cases(gathered.cases)
    counts["cases"] = len(gathered.cases)
    if gathered.documents:
        origin = f"{wish.place}@{gathered.revision[:12]}" if gathered.revision else wish.place
        RuleCollection.objects.filter(name=wish.collection).update(counts=counts, place=origin[-500:])
    log.add("import", "rule", wish.collection, None, {"from": wish.place, "revision": gathered.revision, **counts})
    if touched:
        renew(actor)
    return counts, cases


def take_pack(actor: User) -> dict[str, Any]:
    """Take in the rules that come with Accord; the same version again changes nothing."""
    from accord.engines.sigma.pack import pack_texts

    return apply(actor, of_texts(pack_texts()), Wish(PACK, RuleCollection.Kind.PACK, "Accord"))


def _write(actor: User, found: Plan, gathered: Gathered, wish: Wish, log: ledger.Log) -> bool:
    """The rows of a plan; returns whether the program may be another one."""
    if not gathered.documents:
        return False
    held, _ = RuleCollection.objects.update_or_create(
        name=wish.collection,
        defaults={"kind": wish.kind, "place": wish.place[:500], "imported": timezone.now(), "by": actor},
    )  # fmt: skip
    held.faults.all().delete()
    RuleFault.objects.bulk_create(
        [RuleFault(collection=held, path=f.path[:300], line=f.line, problem=f.problem[:500]) for f in found.refused],
        batch_size=AT_ONCE,
    )
    _add(actor, found, wish, log)
    _change(actor, found, wish, log)
    now = timezone.now()
    for rule in found.vanished:
        rule.vanished = now
        if wish.retire and rule.enabled:
            rule.enabled = False
            log.add("change", "rule", rule.pk, {"enabled": True}, {"enabled": False, "why": "no longer in it"})
    for rule in found.back:
        rule.vanished = None
    Rule.objects.bulk_update([*found.vanished, *found.back], ["vanished", "enabled"], batch_size=AT_ONCE)
    for rule, document in found.moved:
        rule.path = document.path
    Rule.objects.bulk_update([rule for rule, _ in found.moved], ["path"], batch_size=AT_ONCE)
    return bool(found.added or found.changed or (found.vanished and wish.retire))


def _add(actor: User, found: Plan, wish: Wish, log: ledger.Log) -> None:
    enabled, now, made = enables(), timezone.now(), []
    for document in found.added:
        told, (problem, needs, product) = described(document), found.compiled[id(document)]
        told["product"] = product[:60] if document.is_correlation else told["product"]
        state = Rule.State.UNSUPPORTED if problem else Rule.State.OK if document.is_filter else Rule.State.UNKNOWN
        made.append(
            Rule(
                identifier=document.identifier, collection=wish.collection, path=document.path,
                upstream=document.digest,
                enabled=enabled(told["product"], told["level"], told["status"], wish.collection), state=state,
                reason=problem[:500], needs=list(needs), state_since=now, **told,
            )
        )  # fmt: skip
    made = Rule.objects.bulk_create(made, batch_size=AT_ONCE)
    RuleVersion.objects.bulk_create(
        [
            RuleVersion(
                rule=rule, number=1, text=document.text, digest=document.digest, by=actor,
                origin=_origin(wish, document),
            )
            for rule, document in zip(made, found.added, strict=True)
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    first = RuleVersion.objects.filter(rule=OuterRef("pk"), number=1).values("pk")
    Rule.objects.filter(collection=wish.collection, version=None).update(version=Subquery(first[:1]))
    for rule in made:
        after = {"title": rule.title, "collection": rule.collection, "version": 1, "enabled": rule.enabled}
        log.add("add", "rule", rule.pk, None, after)


def _origin(wish: Wish, document: Document) -> str:
    return f"{wish.place}: {document.path}, line {document.line}"[-500:]


def _change(actor: User, found: Plan, wish: Wish, log: ledger.Log) -> None:
    rules = {rule.pk: rule for rule, _ in found.changed}
    newest: dict[int, int] = {}
    for part in _parts(list(rules)):
        counts = RuleVersion.objects.filter(rule__in=part).values_list("rule").annotate(top=Max("number"))
        newest.update(counts)
    new = [pair for pair in found.changed if pair[0].version is None or pair[0].version.digest != pair[1].digest]
    made = RuleVersion.objects.bulk_create(
        [
            RuleVersion(
                rule=rule, number=newest.get(rule.pk, 0) + 1, text=document.text, digest=document.digest, by=actor,
                origin=_origin(wish, document),
            )
            for rule, document in new
        ],
        batch_size=AT_ONCE,
    )  # fmt: skip
    versions = {version.rule_id: version for version in made}
    for rule, document in found.changed:
        rule.upstream, rule.path = document.digest, document.path
        version, before = versions.get(rule.pk), rule.version.number if rule.version else None
        if version is None:
            continue  # the text in force is the same already
        why, words = found.waiting.get(rule.pk, ("", ""))
        if why:
            rule.offered, rule.offered_why = version, why
            log.add("change", "rule", rule.pk, None, {"waiting version": version.number, "why": words[:200]})
            continue
        put_in_force(rule, version, document, found.compiled[id(document)])
        log.add("change", "rule", rule.pk, {"version": before}, {"version": version.number})
    Rule.objects.bulk_update(list(rules.values()), IN_FORCE, batch_size=100)


def _parts(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def _keep_cases(cases: Sequence[Case]) -> list[int]:
    """Keep recorded cases with the rules that they are of; returns those rules. What is there already is renewed."""
    rules: dict[str, int] = {}
    wanted = list({case.rule for case in cases})
    for start in range(0, len(wanted), AT_ONCE):
        rows = Rule.objects.filter(identifier__in=wanted[start : start + AT_ONCE])
        rules.update(rows.values_list("identifier", "pk"))
    held = {
        (test.rule_id, test.name): test
        for part in _parts(list(rules.values()))
        for test in RuleTest.objects.filter(rule__in=part).defer("events")
    }
    new: dict[tuple[int, str], RuleTest] = {}
    changed = []
    for case in cases:
        rule = rules.get(case.rule)
        if rule is None:
            continue
        test = held.get((rule, case.name))
        if test is None:
            new[rule, case.name] = RuleTest(
                rule_id=rule, name=case.name, matches=True, least=case.least, events=case.events, origin=case.origin
            )
        elif test.origin:
            test.least, test.events, test.origin = case.least, case.events, case.origin
            changed.append(test)
    RuleTest.objects.bulk_create(new.values(), batch_size=AT_ONCE)
    RuleTest.objects.bulk_update(changed, ["least", "events", "origin"], batch_size=100)
    return sorted({rule for rule, _ in new} | {test.rule_id for test in changed})
