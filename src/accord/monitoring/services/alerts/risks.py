"""Risk of hosts, users and addresses: what fired on each, and the alert of one that crossed the threshold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from accord.engines import alerting
from accord.engines.alerting import Fired, Risk
from accord.monitoring.hits import Hit
from accord.monitoring.models import Alert, EntityRisk, EntityRule, Rule
from accord.monitoring.services.alerts.drafts import Draft, place
from accord.monitoring.services.alerts.subjects import Estate, entities_of
from accord.monitoring.services.wide import ROWS

WINDOW = timedelta(seconds=alerting.WINDOW)
BY_ITS_RULES = "rules:"
"""`asset_by` of a risk's alert: its asset is one on which its rules fired."""
LISTED = 50
READ_AT_ONCE = 20_000
Pair = tuple[str, int]
"""Key of an entity and primary key of a rule."""


def key_of(kind: str, name: str) -> str:
    return f"{kind}:{name.lower()}"[:330]


def compute(entity: EntityRisk, rows: Sequence[EntityRule], now: datetime) -> Risk:
    """Set the risk of an entity by the rules that count, as of the newest hit of these, else as of `now`."""
    entity.at = max((row.last for row in rows), default=now)
    counted = [row for row in rows if entity.since is None or row.last > entity.since]
    fired = [Fired(row.level, row.last.timestamp(), tuple(row.tactics)) for row in counted]
    found = alerting.risk(fired, entity.at.timestamp())
    entity.value, entity.rules, entity.tactics = round(found.value, 3), found.rules, found.tactics
    return found


@dataclass(slots=True)
class _Seen:
    """What this batch saw of a rule on an entity."""

    last: datetime
    hits: int = 0
    draft: Draft | None = None


@dataclass(slots=True)
class Risks:
    """The entities of a batch with what fired on them; `value` tells the risk of each by its key."""

    rules: Mapping[int, Rule]
    entities: dict[str, EntityRisk] = field(default_factory=dict)
    value: dict[str, Risk] = field(default_factory=dict)
    _fired: dict[str, dict[int, EntityRule]] = field(default_factory=dict)
    _seen: dict[Pair, _Seen] = field(default_factory=dict)
    _new: list[EntityRisk] = field(default_factory=list)

    def count(self, drafts: Iterable[Draft]) -> None:
        """Note what fired on which entity, and compute the risk that this leaves. Two queries."""
        for draft in drafts:
            for hit in draft.hits:
                self._note(draft, hit)
        self._load()
        for (key, rule), seen in self._seen.items():
            held = self._fired.setdefault(key, {})
            row = held.get(rule)
            if row is None:
                about = self.rules[rule]
                row = held[rule] = EntityRule(rule_id=rule, level=about.level, tactics=about.tactics, last=seen.last)
            row.hits += seen.hits
            row.last = max(row.last, seen.last)
        for key, entity in self.entities.items():
            self.value[key] = compute(entity, list(self._fired.get(key, {}).values()), entity.at)

    def _note(self, draft: Draft, hit: Hit) -> None:
        for kind, name in entities_of(hit):
            key = key_of(kind, name)
            seen = self._seen.setdefault((key, hit.rule), _Seen(hit.time))
            seen.hits += 1
            seen.last = max(seen.last, hit.time)
            seen.draft = draft
            if key not in self.entities:
                self.entities[key] = EntityRisk(key=key, kind=kind, name=name)
            if kind == "host" and hit.asset is not None:
                self.entities[key].asset_id = hit.asset

    def _load(self) -> None:
        keys = list(self.entities)
        for start in range(0, len(keys), READ_AT_ONCE):
            part = keys[start : start + READ_AT_ONCE]
            for entity in EntityRisk.objects.filter(key__in=part).select_related("alert"):
                entity.asset_id = self.entities[entity.key].asset_id or entity.asset_id
                self.entities[entity.key] = entity
            rows = EntityRule.objects.filter(entity__key__in=part, set_aside=False).select_related("entity", "alert")
            for row in rows.order_by("pk"):
                self._fired.setdefault(row.entity.key, {})[row.rule_id] = row
        self._new = [entity for entity in self.entities.values() if entity.pk is None]

    def greatest(self, alert: Alert) -> float | None:
        """The greatest risk of an alert's host, user and address; None where it has none of them."""
        names = (("host", alert.host), ("user", alert.user), ("address", alert.address))
        held = [self.value[key].value for kind, name in names if name and (key := key_of(kind, name)) in self.value]
        return round(max(held), 3) if held else None

    def alerts(self, estate: Estate, now: datetime) -> list[Draft]:
        """The alerts of entities whose risk is above the threshold: new ones, and open ones as they are now."""
        found = []
        for key, entity in self.entities.items():
            open_ = entity.alert if entity.alert is not None and entity.alert.state != Alert.State.CLOSED else None
            risk = self.value[key]
            if open_ is None and not risk.alerts:
                continue
            name = {entity.kind: entity.name[: 60 if entity.kind == "address" else 300]}
            alert = open_ or Alert(
                kind=Alert.Kind.RISK, entity_kind=entity.kind, entity=entity.name, group=f"risk {key}"[:64],
                opened=now, level=risk.level, **name,
            )  # fmt: skip
            if alert.asset_id is None:
                self._place(alert, key, estate)
            self._describe(alert, key, risk)
            found.append(Draft(alert))
            entity.alert = alert
        return found

    def _place(self, alert: Alert, key: str, estate: Estate) -> None:
        """The asset of a host; of a user or an address the weightiest one on which its rules fired."""
        entity = self.entities[key]
        if entity.asset_id is not None:
            place(alert, entity.asset_id, estate.get(entity.asset_id), BY_ITS_RULES)
            return
        seen = [found for rule in self._fired[key] if (found := self._seen.get((key, rule))) is not None]
        here = [one.draft.alert for one in seen if one.draft is not None]
        earlier = [row.alert for row in self._fired[key].values() if row.alert_id is not None]
        held = [one for one in (*here, *earlier) if one.asset_id is not None]
        if not held:
            return
        best = max(held, key=lambda one: (one.goal_share or 0.0, one.loss_mid or 0.0, one.asset_id or 0))
        for name in ("asset_id", "system_id", "unit_id", "goal_share", "loss_low", "loss_mid", "loss_high"):
            setattr(alert, name, getattr(best, name))
        alert.asset_by = BY_ITS_RULES

    def _describe(self, alert: Alert, key: str, risk: Risk) -> None:
        entity = self.entities[key]
        counted = [row for row in self._fired[key].values() if entity.since is None or row.last > entity.since]
        pairs = sorted(zip(counted, risk.parts, strict=True), key=lambda pair: -pair[1])
        live = [(row, part) for row, part in pairs if part > 0]
        if not live:
            return
        alert.title = f"Risk of {entity.kind} {entity.name}"[:400]
        alert.level = risk.level
        alert.first, alert.last = min(row.last for row, _ in live), max(row.last for row, _ in live)
        alert.events = sum(row.hits for row, _ in live)
        alert.tactics = sorted({one for row, _ in live for one in row.tactics})
        known = [self.rules[row.rule_id] for row, _ in live if row.rule_id in self.rules]
        alert.techniques = sorted({*alert.techniques, *(one for rule in known for one in rule.techniques)})
        alert.made_of = [
            {"rule": row.rule_id, "level": row.level, "hits": row.hits, "last": row.last.isoformat(),
             "gives": round(part, 1)}
            for row, part in live[:LISTED]
        ]  # fmt: skip

    def write(self) -> None:
        """Write the entities and what fired on them; their alerts are written already. Four queries at most."""
        known = [entity for entity in self.entities.values() if entity.pk is not None]
        EntityRisk.objects.bulk_create(self._new, batch_size=ROWS)
        _overwrite(EntityRisk, known, ("asset", "value", "rules", "tactics", "at", "alert"))
        rows = []
        for (key, rule), seen in self._seen.items():
            row = self._fired[key][rule]
            row.entity = self.entities[key]
            if seen.draft is not None:
                row.alert = seen.draft.alert
            rows.append(row)
        EntityRule.objects.bulk_create([row for row in rows if row.pk is None], batch_size=ROWS)
        _overwrite(
            EntityRule, [row for row in rows if row.pk is not None], ("level", "tactics", "hits", "last", "alert")
        )


def _overwrite(model: Any, rows: Sequence[Any], names: Sequence[str]) -> None:
    if rows:
        model.objects.bulk_create(
            rows, batch_size=ROWS, update_conflicts=True, unique_fields=["id"], update_fields=list(names)
        )
