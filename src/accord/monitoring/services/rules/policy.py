"""Which rules are enabled: by a policy of products, level, status and collection, or one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.engines.sigma.rules import LEVELS
from accord.monitoring.models import Rule, RulePolicy, SourceLog
from accord.monitoring.services.ruleset import renew

OVER = frozenset(("deprecated", "unsupported"))
"""Statuses of Sigma whose rules are not enabled unless a policy names them."""
AT_ONCE = 500
Enables = Callable[[str, str, str, str], bool]
"""(product, level, status, collection) → whether such a rule is enabled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy. An empty list takes all; `delivered` takes the products that sources deliver.

    Rules of no product are of every one, and a rule without a level is not taken for a low one.
    """

    level: str = ""
    products: list[str] = field(default_factory=list)
    delivered: bool = False
    statuses: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)

    def checked(self) -> Wanted:
        if self.level and self.level not in LEVELS:
            raise Refused(Problem(None, "level", f"“{self.level}” is no level.", f"Use {', '.join(LEVELS)}."))
        return self

    def enables(self) -> Enables:
        """The policy as a question."""
        products = set(delivered_products()) if self.delivered else {one.lower() for one in self.products}
        any_product = not self.delivered and not products
        statuses, collections = set(self.statuses), set(self.collections)
        least = LEVELS.index(self.level) if self.level else 0

        def question(product: str, level: str, status: str, collection: str) -> bool:
            return (
                (any_product or not product or product in products)
                and (level not in LEVELS or LEVELS.index(level) >= least)
                and (status in statuses if statuses else status not in OVER)
                and (not collections or collection in collections)
            )

        return question


@dataclass(frozen=True, slots=True)
class Switches:
    """What a policy would switch. `kept` are rules that a person switched one by one, which it passes over."""

    on: list[int]
    off: list[int]
    stay_on: int
    stay_off: int
    kept: int


def delivered_products() -> list[str]:
    """The products of which some source has sent an event."""
    rows = SourceLog.objects.exclude(product="").order_by("product").values_list("product", flat=True)
    return list(dict.fromkeys(rows))


def enables() -> Enables:
    """The standing policy as a question for rules that come new; without one all but outdated rules are enabled."""
    held = RulePolicy.objects.filter(pk=1).first()
    if held is None:
        return Wanted().enables()
    return Wanted(held.level, held.products, held.delivered, held.statuses, held.collections).enables()


def standing() -> Wanted | None:
    """The policy that was applied last."""
    held = RulePolicy.objects.filter(pk=1).first()
    return None if held is None else Wanted(
        held.level, held.products, held.delivered, held.statuses, held.collections
    )  # fmt: skip


def look(wanted: Wanted, also_pinned: bool = False) -> Switches:
    """What a policy would switch; nothing is written. A correlation rule is of the products of the rules it names."""
    question = wanted.checked().enables()
    fields = ("pk", "product", "level", "status", "collection", "enabled", "pinned")
    on: list[int] = []
    off: list[int] = []
    stay_on = stay_off = kept = 0
    for pk, product, level, status, collection, enabled, pinned in Rule.objects.values_list(*fields):
        if pinned and not also_pinned:
            kept += 1
        elif question(product, level, status, collection):
            stay_on += enabled
            on += [] if enabled else [pk]
        else:
            stay_off += not enabled
            off += [pk] if enabled else []
    return Switches(on, off, stay_on, stay_off, kept)


def apply(actor: User, wanted: Wanted, also_pinned: bool = False) -> Switches:
    """Enable what a policy takes, disable the rest; it also holds for rules that come later."""
    with ledger.write(actor) as log:
        found = look(wanted, also_pinned)
        held = RulePolicy.objects.filter(pk=1).first()
        before = _row(held) if held is not None else None
        fields = {**asdict(wanted), "applied": timezone.now(), "by": actor}
        made, _ = RulePolicy.objects.update_or_create(pk=1, defaults=fields)
        for keys, enabled in ((found.on, True), (found.off, False)):
            for start in range(0, len(keys), AT_ONCE):
                Rule.objects.filter(pk__in=keys[start : start + AT_ONCE]).update(enabled=enabled)
        if also_pinned:
            Rule.objects.filter(pinned=True).update(pinned=False)
        counts = {"switched on": len(found.on), "switched off": len(found.off)}
        log.add("change", "rule_policy", "1", before, {**_row(made), **counts})
        if found.on or found.off:
            renew(actor)
    return found


def _row(held: RulePolicy) -> dict[str, Any]:
    names = ("level", "products", "delivered", "statuses", "collections")
    return {name: getattr(held, name) for name in names}


def switch(actor: User, rules: QuerySet[Rule] | Sequence[Rule], enabled: bool, note: str = "") -> int:
    """Enable or disable rules one by one; a policy then passes them over. Returns how many changed."""
    chosen = list(rules)
    with ledger.write(actor) as log:
        changed = [rule for rule in chosen if rule.enabled != enabled]
        for rule in changed:
            after = {"enabled": enabled, **({"why": note[:200]} if note else {})}
            log.add("change", "rule", rule.pk, {"enabled": rule.enabled}, after)
            rule.enabled = enabled
        for part in _parts([rule.pk for rule in chosen]):
            Rule.objects.filter(pk__in=part).update(enabled=enabled, pinned=True)
        if changed:
            renew(actor)
    return len(changed)


def _parts(keys: Sequence[int]) -> Iterable[Sequence[int]]:
    return (keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE))


def sizes() -> list[tuple[str, list[tuple[int, int]]]]:
    """For each product ("" = none), by level from critical down to none: rules, and how many of them are enabled."""
    levels = Rule.Level.values
    held: dict[str, dict[str, list[int]]] = {}
    rows = Rule.objects.values_list("product", "level", "enabled").annotate(n=Count("pk"))
    for product, level, enabled, number in rows:
        cell = held.setdefault(product, {}).setdefault(level, [0, 0])
        cell[0] += number
        cell[1] += number if enabled else 0
    return [
        (product, [tuple(cells.get(level, (0, 0))) for level in levels])  # type: ignore[misc]
        for product, cells in sorted(held.items(), key=lambda pair: -sum(cell[0] for cell in pair[1].values()))
    ]
