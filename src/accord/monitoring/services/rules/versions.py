"""Versions of rules: written here, taken from a collection, rolled back. Each change is a version that stays."""

from __future__ import annotations

from django.db.models import Max
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import Rule, RuleTest, RuleVersion
from accord.monitoring.services.rules import tests as rule_tests
from accord.monitoring.services.rules.checking import Checked, Compiled, check
from accord.monitoring.services.rules.tests import Outcome
from accord.monitoring.services.rules.texts import Document, described, documents
from accord.monitoring.services.ruleset import renew

OWN = "own"
"""The collection of rules that were written here."""
IN_FORCE = [
    "version", "offered", "offered_why", "upstream", "path", "name", "title", "level", "status", "product", "category",
    "service", "techniques", "tactics", "is_correlation", "is_filter", "state", "reason", "state_since", "needs",
]  # fmt: skip


def put_in_force(rule: Rule, version: RuleVersion, document: Document, compiled: Compiled) -> None:
    """Set a rule's fields to what a version of it says; the caller saves `IN_FORCE`."""
    problem, needs = compiled.problem, list(compiled.needs)
    source = (rule.product, rule.category, rule.service, rule.needs)
    for name, value in described(document).items():
        setattr(rule, name, value)
    rule.product = compiled.product[:60] if rule.is_correlation else rule.product
    rule.version, rule.offered, rule.offered_why, rule.needs = version, None, "", needs
    state = Rule.State(rule.state)
    if problem:
        state = Rule.State.UNSUPPORTED
    elif rule.is_filter:
        state = Rule.State.OK
    elif state == Rule.State.UNSUPPORTED or source != (rule.product, rule.category, rule.service, needs):
        state = Rule.State.UNKNOWN  # it asks something else now: what was seen says nothing of it
    if state != rule.state:
        rule.state, rule.state_since, rule.confirmed = state, timezone.now(), None
        rule.reason = ""
    if problem:
        rule.reason = problem[:500]


REMEDY = "Correct the text, or put it in force all the same."


class Failing(Refused):
    """A text fails tests of its rule; it can be put in force all the same by saying so (`despite`)."""

    def __init__(self, failed: list[tuple[RuleTest, Outcome]]) -> None:
        self.failed = failed
        super().__init__(*(Problem(None, "tests", f"{test.name}: {outcome.told}", REMEDY) for test, outcome in failed))


def write(actor: User, text: str, note: str = "", enabled: bool = True) -> Rule:
    """A new rule, written here. `Refused` names the line of the text that is wrong."""
    checked = check(text)
    document = checked.document
    twin = Rule.objects.filter(identifier=document.identifier).first()
    if twin is not None:
        words = f"“{twin.title}” has the same id."
        raise Refused(Problem(None, "text", words, "Give the rule an id of its own, or change that one."))
    with ledger.write(actor) as log:
        rule = Rule(identifier=document.identifier, collection=OWN, enabled=enabled, state_since=timezone.now())
        rule.title = described(document)["title"]
        rule.save()
        version = _version(actor, rule, text, note, "Written here")
        put_in_force(rule, version, document, checked.compiled)
        rule.save()
        log.add("add", "rule", rule.pk, None, {"title": rule.title, "version": 1, "enabled": enabled})
        renew(actor)
    return rule


def change(actor: User, rule: Rule, text: str, note: str = "", despite: bool = False) -> RuleVersion:
    """Put another text of a rule in force, once it can be run and passes the rule's tests (or `despite` them)."""
    return _put(actor, rule, text, note, "Changed here", despite)


def roll_back(actor: User, rule: Rule, version: RuleVersion, note: str = "", despite: bool = False) -> RuleVersion:
    """Put the text of an earlier version in force again, as a new version."""
    if version.rule_id != rule.pk:
        raise Refused("It is a version of another rule.")
    return _put(actor, rule, version.text, note, f"As version {version.number}", despite)


def take_offered(actor: User, rule: Rule, despite: bool = False) -> RuleVersion:
    """Put the collection's newer text in force that waited."""
    offered = rule.offered
    if offered is None:
        raise Refused("No newer text of the collection waits.")
    checked = _checked(rule, offered.text, despite)
    before = rule.version.number if rule.version else None
    with ledger.write(actor) as log:
        put_in_force(rule, offered, checked.document, checked.compiled)
        rule.save()
        log.add("change", "rule", rule.pk, {"version": before}, {"version": offered.number, "from": rule.collection})
        renew(actor)
    rule_tests.run_for([rule])
    return offered


def decline_offered(actor: User, rule: Rule, note: str = "") -> None:
    """Stay with the text in force; the collection's next change waits again."""
    offered = rule.offered
    if offered is None:
        raise Refused("No newer text of the collection waits.")
    with ledger.write(actor) as log:
        rule.offered, rule.offered_why = None, ""
        rule.save(update_fields=["offered", "offered_why"])
        log.add("change", "rule", rule.pk, {"waiting version": offered.number}, {"stays with its text": note[:200]})


def _put(actor: User, rule: Rule, text: str, note: str, origin: str, despite: bool) -> RuleVersion:
    checked = _checked(rule, text, despite)
    if rule.version is not None and rule.version.digest == checked.document.digest:
        raise Refused(Problem(None, "text", "It is the text in force already.", "Change something, or leave it."))
    with ledger.write(actor) as log:
        before = rule.version.number if rule.version else None
        waiting = rule.offered, rule.offered_why
        version = _version(actor, rule, text, note, origin)
        put_in_force(rule, version, checked.document, checked.compiled)
        rule.offered, rule.offered_why = waiting
        rule.save()
        log.add("change", "rule", rule.pk, {"version": before}, {"version": version.number, "why": note[:200]})
        renew(actor)
    rule_tests.run_for([rule])
    return version


def _checked(rule: Rule, text: str, despite: bool) -> Checked:
    checked = check(text, rule)
    own, has = documents("text", rule.version.text)[0] if rule.version else [], checked.document
    if own and own[0].data.get("id") != has.data.get("id"):
        raise Refused(Problem(None, "text", "The id of a rule does not change.", "Write a new rule for another id."))
    failed = [] if despite else [pair for pair in rule_tests.of_text(checked, rule) if not pair[1].passed]
    if failed:
        raise Failing(failed)
    return checked


def _version(actor: User, rule: Rule, text: str, note: str, origin: str) -> RuleVersion:
    newest = rule.versions.aggregate(top=Max("number"))["top"] or 0
    found = documents("text", text)[0][0]
    return RuleVersion.objects.create(
        rule=rule, number=newest + 1, text=text, digest=found.digest, origin=origin, note=note[:500], by=actor
    )
