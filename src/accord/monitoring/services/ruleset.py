"""The program in force: all enabled rules, compiled once and kept on disk, and what the engine says of each.

    digest()     one cheap query; when it differs, the pump takes `current()`
    current()    the compiled rules, from `$HOME/events/rules`
    renew(actor) after anything that makes another program: a worker compiles it, until then the old one runs

A rule's text is compiled under the path "<rule pk>.<version pk>", so that a program says of itself what it is made of.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from accord.core import jobs
from accord.core.models import Job, User
from accord.monitoring.models import Placeholder, Rule, RuleDay, RuleProgram, RuleVersion

if TYPE_CHECKING:
    from accord.engines.sigma import Program, RuleState
    from accord.engines.sigma.correlation_rules import Correlation
    from accord.engines.sigma.rules import Text
    from accord.monitoring.hits import Hit

COMPILE = "monitoring.compile_rules"
REMEMBERED = timedelta(days=7)
"""How long a state that rests on events holds although the engine, begun anew, has not seen them again."""
REFRESHED = timedelta(hours=1)
AT_ONCE = 500
UNGIVEN = "The placeholder %"
GIVE = "Give them under Rules, Placeholders."
STATES = {
    "ok": Rule.State.OK, "no source": Rule.State.NO_SOURCE, "missing field": Rule.State.MISSING_FIELD,
    "unsupported": Rule.State.UNSUPPORTED,
}  # fmt: skip
_RANK = {Rule.State.OK: 2, Rule.State.MISSING_FIELD: 1}
Pair = tuple[int, int]
"""Primary keys of a `Rule` and of its `RuleVersion`."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The rules in force.

    `run` are the numbers (in `program`) that an `Engine` is to run; `rules` says which rule and version each is,
    `correlations` the same of places among the program's correlation rules. `quiet` are numbers of rules that run only
    because an enabled correlation rule names them: their hits are counted and are no alerts. A `Correlator` knows of
    further quiet ones (`Correlator.quiet`). `digest` is what `digest()` gives while this set is in force.
    """

    program: Program
    run: tuple[int, ...]
    rules: dict[int, Pair]
    correlations: dict[int, Pair]
    digest: str
    quiet: frozenset[int] = frozenset()


@dataclass(slots=True)
class Chosen:
    """What a program is made of: pairs in their order, and the rules that run without being enabled."""

    pairs: list[Pair] = field(default_factory=list)
    quiet: list[int] = field(default_factory=list)


def folder() -> Path:
    """Where compiled programs are kept."""
    return Path(settings.HOME) / "events" / "rules"


def digest() -> str:
    """What tells one program in force from another. One query once a program was compiled."""
    held = RuleProgram.objects.filter(pk=1).exclude(digest="").values_list("digest", flat=True).first()
    if held is not None:
        return str(held)
    enabled = Rule.objects.filter(enabled=True, version__isnull=False)
    found = enabled.aggregate(rules=Count("pk"), newest=Max("version_id"))
    return f"open-{found['rules']}-{found['newest'] or 0}"


def current() -> RuleSet:
    """The program in force; where none was compiled yet, that of the rules that are enabled."""
    row = RuleProgram.objects.filter(pk=1).exclude(digest="").first()
    if row is not None:
        chosen, told = Chosen([(rule, version) for rule, version in row.versions], row.quiet), row.digest
        given = row.placeholders
    else:
        told = digest()
        chosen, given = choose(), placeholders()
    return _ruleset(_compiled(texts_of(chosen.pairs), given), chosen, told)


def _ruleset(program: Program, chosen: Chosen, told: str) -> RuleSet:
    rules = {number: pair_of(rule.path) for number, rule in enumerate(program.rules)}
    correlations = {place: pair_of(str(one["path"])) for place, one in enumerate(program.correlations)}
    silent = set(chosen.quiet)
    quiet = frozenset(number for number, (rule, _) in rules.items() if rule in silent)
    return RuleSet(program, tuple(rules), rules, correlations, told, quiet)


def pair_of(path: str) -> Pair:
    """The rule and the version that a compiled rule's path names."""
    rule, _, version = path.partition(".")
    return int(rule), int(version)


def path_of(rule: int, version: int) -> str:
    return f"{rule}.{version}"


def texts_of(pairs: Sequence[Pair]) -> list[Text]:
    """The texts of versions as the engine takes them, in this order."""
    held: dict[int, str] = {}
    wanted = [version for _, version in pairs]
    for start in range(0, len(wanted), AT_ONCE):
        rows = RuleVersion.objects.filter(pk__in=wanted[start : start + AT_ONCE])
        held.update(rows.values_list("pk", "text"))
    return [(path_of(rule, version), held[version]) for rule, version in pairs if version in held]


def placeholders() -> dict[str, list[str]]:
    """The values that are given for placeholders, by name."""
    return dict(Placeholder.objects.order_by("name").values_list("name", "values"))


def said(problem: str) -> str:
    """Why a rule is not run, with where to give the values that it waits for."""
    waits = problem.startswith(UNGIVEN) and problem.endswith(" has no values.")
    return f"{problem} {GIVE}" if waits else problem


def _compiled(texts: Sequence[Text], given: Mapping[str, Sequence[str]]) -> Program:
    from accord.engines.sigma.cache import load_or_compile

    return load_or_compile(texts, folder(), given)


def choose() -> Chosen:
    """The enabled rules, and those on which enabled correlation rules rest."""
    fields = ("pk", "version_id", "is_correlation")
    rows = list(Rule.objects.filter(enabled=True, version__isnull=False).order_by("pk").values_list(*fields))
    chosen = Chosen([(rule, version) for rule, version, _ in rows])
    there, open_ = {rule for rule, _ in chosen.pairs}, [version for _, version, correlates in rows if correlates]
    while open_:
        names = members_of(RuleVersion.objects.filter(pk__in=open_).values_list("text", flat=True))
        wanted = Rule.objects.filter(Q(identifier__in=names) | Q(name__in=names), version__isnull=False)
        more = [row for row in wanted.order_by("pk").values_list(*fields) if row[0] not in there]
        chosen.pairs += [(rule, version) for rule, version, _ in more]
        chosen.quiet += [rule for rule, _, _ in more]
        there |= {rule for rule, _, _ in more}
        open_ = [version for _, version, correlates in more if correlates]
    return chosen


def members_of(texts: Iterable[str]) -> set[str]:
    """Names and ids of the rules that these correlation rules name."""
    from accord.engines.sigma.correlation_rules import correlations_of
    from accord.engines.sigma.rules import Program
    from accord.monitoring.services.rules.texts import loaded

    documents = [{**document, "path": ""} for text in texts for document in loaded(text) if "correlation" in document]
    return {name for one in correlations_of(Program(correlations=documents)) for name in one.members}


# --- made by a worker


def renew(actor: User) -> None:
    """Have the program compiled anew; call it in the transaction that changed a rule. The old one runs until then."""
    RuleProgram.objects.get_or_create(pk=1)
    RuleProgram.objects.filter(pk=1).update(changes=F("changes") + 1)
    if not Job.objects.filter(kind=COMPILE, state=Job.State.QUEUED).exists():
        jobs.enqueue(actor, COMPILE)


def compile_now() -> dict[str, Any]:
    """Compile what is enabled and put it in force; also notes which rules cannot be run. Safe to repeat."""
    RuleProgram.objects.get_or_create(pk=1)
    changes = RuleProgram.objects.values_list("changes", flat=True).get(pk=1)
    begun = time.monotonic()
    chosen, given = choose(), placeholders()
    program = _compiled(texts_of(chosen.pairs), given)
    told = blake2b(f"{program.digest} {json.dumps(sorted(chosen.quiet))}".encode(), digest_size=16).hexdigest()
    seconds = round(time.monotonic() - begun, 2)
    with transaction.atomic():
        RuleProgram.objects.filter(pk=1, compiled_at__lte=changes).update(
            digest=told, versions=chosen.pairs, quiet=chosen.quiet, compiled_at=changes, made=timezone.now(),
            seconds=seconds, placeholders=given,
        )  # fmt: skip
        refused = note_problems(chosen.pairs, program)
    return {"rules": len(program.rules), "correlations": len(program.correlations), "refused": refused,
            "seconds": seconds}  # fmt: skip


def problems_of(program: Program) -> dict[Pair, str]:
    """Why rules of a program are not run; "" for those that are."""
    from accord.engines.sigma.correlation_rules import correlations_of

    found = {pair_of(rule.path): said(rule.problem) for rule in program.rules}
    found.update({pair_of(one.path): one.problem for one in correlations_of(program)})
    for fault in program.faults:
        line = f"Line {fault.line}: " if fault.line else ""
        found[pair_of(fault.path)] = f"{line}{fault.problem}"
    return found


def note_problems(pairs: Iterable[Pair], program: Program, others: bool = True) -> int:
    """Keep, of each compiled rule, the fields that it asks, and why it is not run; returns how many are not.

    Without `others`, those of `pairs` alone, though the program holds more.
    """
    problems = dict.fromkeys(pairs, "")
    problems |= {pair: why for pair, why in problems_of(program).items() if others or pair in problems}
    needs = {pair_of(rule.path): list(rule.fields) for rule in program.rules}
    now, changed = timezone.now(), []
    for rule, pair in _held(problems):
        problem, asked = problems[pair][:500], needs.get(pair, [])
        before = (rule.state, rule.reason, rule.needs)
        if problem:
            state, reason = Rule.State.UNSUPPORTED, problem
        elif rule.state == Rule.State.UNSUPPORTED:
            state, reason = Rule.State.UNKNOWN, ""
        else:
            state, reason = Rule.State(rule.state), rule.reason
        if rule.is_filter and not problem:
            state, reason = Rule.State.OK, ""
        if (state, reason, asked) == before:
            continue
        if state != rule.state:
            rule.state_since = now
        rule.state, rule.reason, rule.needs = state, reason, asked
        changed.append(rule)
    Rule.objects.bulk_update(changed, ["state", "reason", "needs", "state_since"], batch_size=AT_ONCE)
    return sum(1 for problem in problems.values() if problem)


def _held(pairs: Iterable[Pair]) -> Iterable[tuple[Rule, Pair]]:
    """The rules of which these versions are in force."""
    versions = {rule: version for rule, version in pairs}  # noqa: C416 - a mapping gives its keys
    wanted = list(versions)
    for start in range(0, len(wanted), AT_ONCE):
        for rule in Rule.objects.filter(pk__in=wanted[start : start + AT_ONCE]):
            if versions[rule.pk] == rule.version_id:
                yield rule, (rule.pk, versions[rule.pk])


# --- told by the pump


def note_states(
    states: Iterable[RuleState], correlations: Iterable[Correlation], now: datetime | None = None
) -> int:  # fmt: skip
    """Keep what the engine says of each rule; returns how many changed.

    The engine knows only what it saw since it was begun. A state that rests on events (ok, missing field) therefore
    holds for seven days after the engine said so last, before a lower one replaces it.
    """
    moment = now or timezone.now()
    given = list(states)
    told: dict[Pair, tuple[Rule.State, str]] = {
        pair_of(one.rule.path): (STATES[one.state], said(one.reason)) for one in given
    }
    told.update(_correlated(correlations, given))
    groups: dict[tuple[Rule.State, str, bool], list[int]] = {}
    changed = 0
    for rule, pair in _held(told):
        state, reason = told[pair]
        if rule.is_filter or _holds(rule, state, moment):
            continue
        reason = reason[:500]
        is_new = (rule.state, rule.reason) != (state, reason)
        changed += is_new
        if is_new or rule.confirmed is None or moment - rule.confirmed > REFRESHED:
            groups.setdefault((state, reason, rule.state != state), []).append(rule.pk)
    for (state, reason, is_another), keys in groups.items():  # many rules have one reason
        values: dict[str, Any] = {"state": state, "reason": reason, "confirmed": moment}
        values |= {"state_since": moment} if is_another else {}
        values |= {"last_ok": moment} if state == Rule.State.OK else {}
        for start in range(0, len(keys), AT_ONCE):
            Rule.objects.filter(pk__in=keys[start : start + AT_ONCE]).update(**values)
    return changed


def _holds(rule: Rule, state: Rule.State, moment: datetime) -> bool:
    """Whether the state that is kept stays although the engine says a lower one."""
    if state == Rule.State.UNSUPPORTED or rule.confirmed is None:
        return False
    lower = _RANK.get(state, 0) < _RANK.get(Rule.State(rule.state), 0)
    return lower and moment - rule.confirmed <= REMEMBERED


def _correlated(
    correlations: Iterable[Correlation], states: Sequence[RuleState]
) -> dict[Pair, tuple[Rule.State, str]]:  # fmt: skip
    """States of correlation rules: of those that need all their rules the worst of these, else the best."""
    from accord.engines.sigma.correlation_rules import ORDERLY, known_by

    rank = {Rule.State.OK: 2, Rule.State.MISSING_FIELD: 1, Rule.State.NO_SOURCE: 0, Rule.State.UNSUPPORTED: -1}
    known = {name: (STATES[one.state], one.rule.title) for one in states for name in known_by(one.rule)}
    found: dict[Pair, tuple[Rule.State, str]] = {}
    open_ = list(correlations)
    for one in open_:
        if one.problem:
            found[pair_of(one.path)] = (Rule.State.UNSUPPORTED, one.problem)
    open_ = [one for one in open_ if not one.problem]
    while open_:
        ready = [one for one in open_ if all(name in known for name in one.members)]
        if not ready:
            break
        for one in ready:
            members = [known[name] for name in one.members]
            needs_all = one.kind in ORDERLY and not one.bounds and one.expression is None
            pick = min if needs_all else max
            state, title = pick(members, key=lambda held: rank[held[0]])
            words = "" if state == Rule.State.OK else f"{title}: {state.label.lower()}."
            found[pair_of(one.path)] = (state, words)
            for name in known_by(one):
                known[name] = (state, one.title)
        done = {id(one) for one in ready}
        open_ = [one for one in open_ if id(one) not in done]
    return found


def note_fired(hits: Sequence[Hit]) -> None:
    """Count hits by rule and day of receipt, and keep when each rule fired last (time of the event)."""
    newest: dict[int, datetime] = {}
    days: dict[tuple[int, date], int] = {}
    for hit in hits:
        newest[hit.rule] = max(hit.time, newest.get(hit.rule, hit.time))
        key = (hit.rule, hit.received.astimezone(UTC).date())
        days[key] = days.get(key, 0) + 1
    _keep_newest(newest)
    _count(days, "hits")


def note_dropped(events: Mapping[int, int], today: date) -> None:
    """Count by rule and by filter (primary keys) what filters kept from being a hit."""
    _count({(rule, today): number for rule, number in events.items() if number}, "dropped")


def _count(days: dict[tuple[int, date], int], name: str) -> None:
    """Add to a column of `RuleDay`, by rule and day. Four queries at most."""
    if not days:
        return
    wanted = Q(pk__in=[])
    for one in {day for _, day in days}:
        wanted |= Q(day=one, rule__in=[rule for rule, other in days if other == one])
    held = {(row.rule_id, row.day): row for row in RuleDay.objects.filter(wanted)}
    for place, row in held.items():
        setattr(row, name, getattr(row, name) + days[place])
    RuleDay.objects.bulk_update(held.values(), [name], batch_size=AT_ONCE)
    made = (
        RuleDay(rule_id=rule, day=day, **{name: count})
        for (rule, day), count in days.items()
        if (rule, day) not in held
    )
    RuleDay.objects.bulk_create(made, batch_size=AT_ONCE)


def _keep_newest(newest: Mapping[int, datetime]) -> None:
    rows = list(Rule.objects.filter(pk__in=list(newest)).only("pk", "last_fired"))
    later = [row for row in rows if row.last_fired is None or newest[row.pk] > row.last_fired]
    for row in later:
        row.last_fired = newest[row.pk]
    Rule.objects.bulk_update(later, ["last_fired"], batch_size=AT_ONCE)
