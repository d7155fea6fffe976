"""Of which kinds of log the rules in force are, as the compiled program says; kept until there is another program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accord.monitoring.models import RuleRoutes

Log = tuple[str, str, str]
"""(product, category, service); "" = not told by a source of events, any for a rule."""


@dataclass(frozen=True, slots=True)
class Routes:
    """rules: primary key → the kinds of log of which it is, each is enough. correlations: primary key → whether all
    its members are needed, and their primary keys."""

    rules: Mapping[int, tuple[Log, ...]]
    correlations: Mapping[int, tuple[bool, tuple[int, ...]]]


def takes(rule: Log, log: Log) -> bool:
    """Whether a rule of this kind of log reads logs of that kind (`engines.sigma.rules.LogSource.takes`)."""
    return all(not wanted or wanted == told for wanted, told in zip(rule, log, strict=True))


def routes() -> Routes:
    """The routes of the program in force; loads the program where it is another one than last time."""
    from accord.monitoring.services import ruleset

    told = ruleset.digest()[:64]
    row = RuleRoutes.objects.filter(pk=1).first()
    if row is None or row.digest != told:
        row = _read(told)
    return Routes(
        {int(pk): tuple((p, c, s) for p, c, s in logs) for pk, logs in row.rules.items()},
        {int(pk): (bool(all_), tuple(members)) for pk, (all_, members) in row.correlations.items()},
    )


def _read(told: str) -> RuleRoutes:
    from accord.engines.sigma.correlation_rules import ORDERLY, correlations_of, known_by
    from accord.monitoring.services import ruleset

    held = ruleset.current()
    rules: dict[int, list[Log]] = {}
    named: dict[str, int] = {}
    for number, (pk, _) in held.rules.items():
        rule = held.program.rules[number]
        if not rule.problem:
            rules[pk] = sorted({_log(source.product, source.category, source.service) for source, _ in rule.trees})
        named.update(dict.fromkeys(known_by(rule), pk))
    made = [(held.correlations[place][0], one) for place, one in enumerate(correlations_of(held.program))]
    for pk, one in made:
        named.update(dict.fromkeys(known_by(one), pk))
    correlations = {
        pk: [
            one.kind in ORDERLY and not one.bounds and one.expression is None,
            [named[name] for name in one.members if name in named],
        ]
        for pk, one in made if not one.problem
    }  # fmt: skip
    row, _ = RuleRoutes.objects.update_or_create(
        pk=1, defaults={"digest": told, "rules": rules, "correlations": correlations}
    )
    return row


def _log(*parts: str | None) -> Log:
    product, category, service = (part or "" for part in parts)
    return product, category, service


def feeders(found: Routes, delivered: Iterable[tuple[int, Log]]) -> dict[int, set[int]]:
    """Which sources deliver what each rule (but correlation rules) reads: primary key of a rule → those of sources.

    delivered: (source, kind of log).
    """
    pairs = list(delivered)
    by_log: dict[Log, set[int]] = {}
    for logs in found.rules.values():
        for log in logs:
            if log not in by_log:
                by_log[log] = {source for source, told in pairs if takes(log, told)}
    return {pk: set().union(*(by_log[log] for log in logs)) for pk, logs in found.rules.items()}


def living(found: Routes, fed: Mapping[int, set[int]], sources: set[int]) -> set[int]:
    """The rules to which any of these sources delivers; correlation rules where it does to all or any of their members,
    as they need."""
    alive = {pk for pk, feeding in fed.items() if not feeding.isdisjoint(sources)}
    known, open_ = set(fed), dict(found.correlations)
    while open_:
        ready = [pk for pk, (_, members) in open_.items() if all(m in known or m not in open_ for m in members)]
        if not ready:
            break
        for pk in ready:
            needs_all, members = open_.pop(pk)
            known.add(pk)
            if members and (all if needs_all else any)(member in alive for member in members):
                alive.add(pk)
    return alive
