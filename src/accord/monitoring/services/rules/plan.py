"""A collection of rules against what is there: what an import would do. Nothing is written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.rules import Fault
from accord.monitoring.models import Rule, RuleTest, RuleVersion
from accord.monitoring.services.rules.checking import Compiled, compiled, compiled_as, supports
from accord.monitoring.services.rules.reading import Gathered
from accord.monitoring.services.rules.tests import Bench
from accord.monitoring.services.rules.texts import Document, described, difference

if TYPE_CHECKING:
    from accord.engines.sigma import Program

AT_ONCE = 500
SHOWN = 200
SHOWN_DIFFS = 40


@dataclass(slots=True)
class Plan:
    """What an import would do. `compiled` says of added and changed documents (by `id`) what became of them.

    `waiting` are changed rules whose new text would not come into force, with the reason (`Rule.Why`).
    """

    collection: str
    added: list[Document] = field(default_factory=list)
    changed: list[tuple[Rule, Document]] = field(default_factory=list)
    back: list[Rule] = field(default_factory=list)
    unchanged: int = 0
    vanished: list[Rule] = field(default_factory=list)
    refused: list[Fault] = field(default_factory=list)
    compiled: dict[int, Compiled] = field(default_factory=dict)
    waiting: dict[int, tuple[str, str]] = field(default_factory=dict)
    moved: list[tuple[Rule, Document]] = field(default_factory=list)

    @property
    def unsupported(self) -> int:
        return sum(1 for one in self.compiled.values() if one.problem)

    def counts(self) -> dict[str, int]:
        return {
            "added": len(self.added), "changed": len(self.changed) - len(self.waiting), "offered": len(self.waiting),
            "unchanged": self.unchanged, "vanished": len(self.vanished), "refused": len(self.refused),
            "unsupported": self.unsupported,
        }  # fmt: skip


def plan(gathered: Gathered, collection: str) -> Plan:
    """Compare a collection with what is there; nothing is written."""
    found = Plan(collection, refused=list(gathered.faults))
    known = {rule.identifier: rule for rule in Rule.objects.select_related("version").defer("version__text")}
    seen: dict[str, Document] = {}
    for document in gathered.documents:
        rule, twin = known.get(document.identifier), seen.get(document.identifier)
        if twin is not None:
            found.refused.append(_fault(document, f"It has the same id as {twin.path}, line {twin.line}."))
        elif rule is not None and rule.collection != collection:
            words = f"It has the id of “{rule.title}” of the collection “{rule.collection}”."
            found.refused.append(_fault(document, words))
        else:
            seen[document.identifier] = document
            _sort(found, rule, document)
    _compile(found)
    if gathered.documents:  # an archive of recorded cases only takes nothing away
        refused = {fault.path for fault in found.refused}
        found.vanished = [
            rule
            for rule in known.values()
            if rule.collection == collection and rule.vanished is None
            and rule.identifier not in seen and rule.path not in refused
        ]  # fmt: skip
    return found


def _sort(found: Plan, rule: Rule | None, document: Document) -> None:
    if rule is None:
        found.added.append(document)
        return
    if rule.vanished is not None:
        found.back.append(rule)
    if rule.upstream != document.digest:
        found.changed.append((rule, document))
        return
    found.unchanged += 1
    if rule.path != document.path:
        found.moved.append((rule, document))


def _fault(document: Document, problem: str) -> Fault:
    return Fault(document.path, document.line, problem)


def _compile(found: Plan) -> None:
    """Compile what is new: what is no rule is refused, what cannot be run is told, and what fails its tests waits."""
    documents = [*found.added, *(document for _, document in found.changed)]
    if not documents:
        return
    paths = {f"new.{number}": document for number, document in enumerate(documents)}
    texts = [(path, document.text) for path, document in paths.items()]
    replaced = {document.identifier for document in documents}
    program = compiled([*texts, *_resting(documents, replaced)])
    faults = {fault.path: fault for fault in program.faults if fault.path in paths}
    for path, fault in faults.items():
        document = paths[path]
        line = document.line + fault.line - 1 if fault.line else document.line
        found.refused.append(Fault(document.path, line, fault.problem))
    bad = {id(paths[path]) for path in faults}
    found.added = [one for one in found.added if id(one) not in bad]
    found.changed = [pair for pair in found.changed if id(pair[1]) not in bad]
    told = compiled_as(program)
    found.compiled = {
        id(document): told.get(path, Compiled()) for path, document in paths.items() if path not in faults
    }
    _hold_back(found, program, {id(document): path for path, document in paths.items()})


def _resting(documents: Sequence[Document], replaced: set[str]) -> list[tuple[str, str]]:
    """What the new documents rest on that is there already and is not among them."""
    held = supports([document.text for document in documents if document.is_correlation])
    if not held:
        return []
    pks = [int(path.partition(".")[0]) for path, _ in held]
    known = dict(Rule.objects.filter(pk__in=pks).values_list("pk", "identifier"))
    return [one for pk, one in zip(pks, held, strict=True) if known.get(pk) not in replaced]


def _hold_back(found: Plan, program: Program, paths: dict[int, str]) -> None:
    """Which new texts wait for a person, and why."""
    tests: dict[int, list[RuleTest]] = {}
    tested = [rule.pk for rule, _ in found.changed if rule.tests]
    for start in range(0, len(tested), AT_ONCE):
        for test in RuleTest.objects.filter(rule__in=tested[start : start + AT_ONCE]):
            tests.setdefault(test.rule_id, []).append(test)
    bench = Bench(program, [paths[id(d)] for rule, d in found.changed if rule.pk in tests]) if tests else None
    for rule, document in found.changed:
        if rule.is_changed_here and rule.version and rule.version.digest != document.digest:
            found.waiting[rule.pk] = (Rule.Why.LOCAL, "The text in force was changed here.")
        elif found.compiled[id(document)].problem and rule.state != Rule.State.UNSUPPORTED:
            found.waiting[rule.pk] = (Rule.Why.BROKEN, found.compiled[id(document)].problem)
        elif bench is not None and rule.pk in tests:
            path = paths[id(document)]
            outcomes = [(one, bench.run(path, one.matches, one.least, one.events)) for one in tests[rule.pk]]
            failed = [f"{one.name}: {outcome.told}" for one, outcome in outcomes if not outcome.passed]
            if failed:
                found.waiting[rule.pk] = (Rule.Why.TESTS, failed[0])


def preview(found: Plan) -> dict[str, Any]:
    """A plan as plain data for a screen: counts, and the first of each kind."""
    shown = [rule.version_id for rule, _ in found.changed[:SHOWN_DIFFS] if rule.version_id is not None]
    texts = dict(RuleVersion.objects.filter(pk__in=shown).values_list("pk", "text"))
    changed = []
    for place, (rule, document) in enumerate(found.changed[:SHOWN]):
        why, words = found.waiting.get(rule.pk, ("", ""))
        lines = difference(texts.get(rule.version_id or 0, ""), document.text)[:80] if place < SHOWN_DIFFS else []
        changed.append({
            "pk": rule.pk, "title": rule.title, "path": document.path, "why": str(why), "words": words[:300],
            "lines": lines,
        })  # fmt: skip
    return {
        "collection": found.collection,
        "counts": found.counts(),
        "added": [
            {
                "title": described(one)["title"],
                "path": one.path,
                "line": one.line,
                "problem": found.compiled[id(one)].problem,
            }
            for one in sorted(found.added, key=lambda one: not found.compiled[id(one)].problem)[:SHOWN]
        ],
        "changed": changed,
        "vanished": [{"pk": one.pk, "title": one.title, "path": one.path} for one in found.vanished[:SHOWN]],
        "refused": [
            {"path": one.path, "line": one.line, "problem": one.problem[:500]} for one in found.refused[:SHOWN]
        ],
    }
