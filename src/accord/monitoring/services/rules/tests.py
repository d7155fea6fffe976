"""Tests of rules: events that a rule must and must not match, run when its text changes, on demand, and all at night.

An event is read as its log would be, so that a test says what the same event gives in operation. Events of no known
log are shown to the rule whatever their kind. For a correlation rule all events of a test are counted in the order of
their times; where they tell none, one second apart.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.monitoring.models import Rule, RuleTest
from accord.monitoring.services.rules.checking import Checked, check, compiled, with_supports
from accord.monitoring.services.ruleset import path_of

if TYPE_CHECKING:
    from accord.engines.sigma import Program
    from accord.intake.events import Event

MOST_EVENTS = 200
LONGEST = 400_000
"""Characters of a test's events."""
MOST_TESTS = 100
"""Of one rule."""
AT_ONCE = 500
Tell = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a test passed, and what was found."""

    passed: bool
    told: str


class Bench:
    """Runs tests on the rules of one program, named by their paths."""

    def __init__(self, program: Program, paths: Iterable[str]) -> None:
        from accord.engines.sigma import Engine
        from accord.engines.sigma.correlation import Correlator

        self._program = program
        self._numbers = {rule.path: number for number, rule in enumerate(program.rules)}
        self._correlator = Correlator(program, lateness=float("inf"))
        self._places = {one.path: place for place, one in enumerate(self._correlator.correlations)}
        self._empty = self._correlator.state()
        wanted = set(paths)
        all_of_them = not wanted.isdisjoint(self._places)
        chosen = [number for path, number in self._numbers.items() if all_of_them or path in wanted]
        self._engine = Engine(program, chosen, remembered=1000, value_bytes=1 << 20)

    def run(self, path: str, matches: bool, least: int, events: Sequence[dict[str, Any]]) -> Outcome:
        """One test. A rule that is not run fails each test with its reason."""
        problem = self._problem(path)
        if problem:
            return Outcome(False, f"The rule is not run: {problem}")
        read, bad = _read(events)
        if bad:
            return Outcome(False, bad)
        if path in self._places:
            count = self._fired(path, read)
            words = f"It fired {count} time{'s' * (count != 1)} on {len(read)} event{'s' * (len(read) != 1)}"
        else:
            number = self._numbers[path]
            hits = [place for place, one in enumerate(read, 1) if number in self._match(one)]
            count = len(hits)
            words = f"{count} of {len(read)} event{'s' * (len(read) != 1)} matched"
            if count and not matches:
                words += f" (the first is number {hits[0]})"
        wanted = f"at least {least} must" if matches else "none may"
        return Outcome(count >= least if matches else not count, f"{words}; {wanted}.")

    def _problem(self, path: str) -> str:
        if path in self._numbers:
            return self._program.rules[self._numbers[path]].problem
        if path in self._places:
            return self._correlator.correlations[self._places[path]].problem
        faults = [fault.problem for fault in self._program.faults if fault.path == path]
        return faults[0] if faults else "It narrows other rules and matches nothing itself."

    def _match(self, event: Event) -> tuple[int, ...]:
        from accord.engines.sigma import LogSource

        known = event.source.product or event.source.category or event.source.service
        return self._engine.match(event.data, LogSource(*event.source) if known else None)

    def _fired(self, path: str, events: Sequence[Event]) -> int:
        self._correlator.restore(self._empty)
        wanted, firings = self._correlator.correlations[self._places[path]], []
        for place, event in enumerate(events):
            time = event.time.timestamp() if event.time is not None else float(place)
            firings += self._correlator.add(self._match(event), event.data, time, place)
        firings += self._correlator.finish()
        return sum(1 for one in firings if one.correlation is wanted)


def _read(events: Sequence[dict[str, Any]]) -> tuple[list[Event], str]:
    """Events as their logs are read; and what is wrong with one that cannot be."""
    from accord.intake.events import Parser, Tally

    found: list[Event] = []
    for row, one in enumerate(events, 1):
        tally = Tally()
        event = Parser("test", tally).record(one, None, row)
        if event is None:
            return [], f"Event {row} cannot be read: {tally.samples[0].reason if tally.samples else 'it is none.'}"
        found.append(event)
    return found, ""


def events_of(text: str) -> list[dict[str, Any]]:
    """Events as a person gives them: a JSON object, a list of objects, or an object on each line."""
    if len(text) > LONGEST:
        raise Refused(Problem(None, "events", f"They are longer than {LONGEST:,} characters.", "Give fewer events."))
    try:
        held = json.loads(text)
    except (ValueError, RecursionError) as whole:
        lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        held = []
        for number, line in lines:
            try:
                held.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                where = number if len(lines) > 1 and line.lstrip().startswith("{") else getattr(whole, "lineno", None)
                words = getattr(error if where == number else whole, "msg", "it is nested too deeply")
                raise Refused(Problem(where, "events", f"It is no JSON: {words}.", "Correct it.")) from None
    found = held if isinstance(held, list) else [held]
    if not found or not all(isinstance(one, dict) and one for one in found):
        raise Refused(Problem(None, "events", "An event is a JSON object with fields.", "Give at least one."))
    if len(found) > MOST_EVENTS:
        raise Refused(Problem(None, "events", f"A test has at most {MOST_EVENTS} events.", "Give fewer."))
    return found


# --- kept with the rule


def add(
    actor: User, rule: Rule, name: str, events: str, matches: bool, least: int | None = None
) -> RuleTest:  # fmt: skip
    """Keep a test and run it on the version in force. Without `least` every event must match."""
    if rule.is_filter:
        raise Refused("A filter narrows other rules and matches nothing itself: test those.")
    given = events_of(events)
    count = least if least is not None else 1 if rule.is_correlation else len(given)
    if not rule.is_correlation and not 1 <= count <= len(given):
        raise Refused(Problem(None, "least", f"There are {len(given)} events.", f"Give 1 to {len(given)}."))
    with ledger.write(actor) as log:
        held = RuleTest.objects.filter(rule=rule)
        if held.count() >= MOST_TESTS:
            raise Refused(f"A rule has at most {MOST_TESTS} tests. Remove one first.")
        if not name.strip() or held.filter(name=name.strip()[:200]).exists():
            raise Refused(Problem(None, "name", "It needs a name that no test of this rule has.", "Give another."))
        made = RuleTest.objects.create(
            rule=rule, name=name.strip()[:200], matches=matches, least=max(count, 1), events=given, by=actor
        )
        log.add("add", "rule", rule.pk, None, {"test": made.name, "must match": matches, "events": len(given)})
    run_for([rule])
    made.refresh_from_db()
    return made


def remove(actor: User, test: RuleTest) -> None:
    with ledger.write(actor) as log:
        log.add("remove", "rule", test.rule_id, {"test": test.name, "events": len(test.events)}, None)
        test.delete()
        _roll_up([test.rule_id])


def of_text(checked: Checked, rule: Rule) -> list[tuple[RuleTest, Outcome]]:
    """What the rule's tests give with another text of it."""
    bench = Bench(checked.program, [checked.path])
    return [(one, bench.run(checked.path, one.matches, one.least, one.events)) for one in rule.cases.order_by("pk")]


def try_events(rule: Rule, text: str, events: str) -> Outcome:
    """Some events on a text that is not kept yet: how many match."""
    checked = check(text, rule)
    return Bench(checked.program, [checked.path]).run(checked.path, True, 1, events_of(events))


def run_for(rules: Sequence[Rule], tell: Tell | None = None) -> dict[str, int]:
    """Run the tests of rules on their versions in force; keeps the outcomes, and returns how many passed and failed."""
    wanted = [rule for rule in rules if rule.version_id is not None and not rule.is_filter]
    if not wanted:
        return {"passed": 0, "failed": 0}
    pairs = [(rule.pk, rule.version_id) for rule in wanted if rule.version_id is not None]
    program = compiled(with_supports(pairs))
    bench = Bench(program, [path_of(*pair) for pair in pairs])
    paths, now, done = {rule: path_of(rule, version) for rule, version in pairs}, timezone.now(), 0
    counts = {"passed": 0, "failed": 0}
    for start in range(0, len(pairs), AT_ONCE):
        part = [rule for rule, _ in pairs[start : start + AT_ONCE]]
        tests = list(RuleTest.objects.filter(rule__in=part))
        for test in tests:
            outcome = bench.run(paths[test.rule_id], test.matches, test.least, test.events)
            test.outcome = RuleTest.Outcome.PASSED if outcome.passed else RuleTest.Outcome.FAILED
            test.told, test.ran = outcome.told[:500], now
            counts[test.outcome] += 1
            done += 1
        RuleTest.objects.bulk_update(tests, ["outcome", "told", "ran"], batch_size=AT_ONCE)
        _roll_up(part)
        if tell is not None:
            tell(min(start + AT_ONCE, len(pairs)), len(pairs), f"{done:,} tests")
    return counts


def run_all(tell: Tell | None = None) -> dict[str, int]:
    """Run every test of every rule."""
    return run_for(list(Rule.objects.filter(cases__isnull=False).distinct().order_by("pk")), tell)


def _roll_up(rules: Sequence[int]) -> None:
    """Keep with the rules how many tests they have, and how many fail."""
    rows = Rule.objects.filter(pk__in=rules).annotate(
        found=Count("cases"), bad=Count("cases", filter=Q(cases__outcome=RuleTest.Outcome.FAILED))
    )  # fmt: skip
    changed = []
    for rule in rows:
        if (rule.tests, rule.tests_failed) != (rule.found, rule.bad):
            rule.tests, rule.tests_failed = rule.found, rule.bad
            changed.append(rule)
    Rule.objects.bulk_update(changed, ["tests", "tests_failed"], batch_size=AT_ONCE)
