"""The alerts of a batch while it is worked on: new ones, and those that are there and take further hits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accord.monitoring.hits import Hit
from accord.monitoring.models import Alert, Rule
from accord.monitoring.services.alerts.cleaning import clean
from accord.monitoring.services.alerts.subjects import LENGTHS, Estate, Facts, Subject

QUEUED = (Alert.State.NEW, Alert.State.OPEN)
READ_AT_ONCE = 20_000


@dataclass(slots=True)
class Draft:
    """An alert with the hits that this batch adds to it."""

    alert: Alert
    hits: list[Hit] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.alert.pk is None


@dataclass(slots=True)
class Drafts:
    """The alerts of a batch. `lengths` are those of rules that have their own."""

    rules: Mapping[int, Rule]
    estate: Estate
    lengths: Mapping[int, timedelta]
    now: datetime
    all: list[Draft] = field(default_factory=list)
    _open: dict[tuple[str, int | None], list[Draft]] = field(default_factory=dict)

    def load(self, subjects: Iterable[Subject]) -> None:
        """Read the alerts that may take hits of these groups."""
        groups = sorted({one.group for one in subjects})
        for start in range(0, len(groups), READ_AT_ONCE):
            rows = Alert.objects.filter(
                group__in=groups[start : start + READ_AT_ONCE], state__in=(*QUEUED, Alert.State.SILENCED)
            )
            for alert in rows.order_by("last", "pk"):
                self._open.setdefault((alert.group, alert.silence_id), []).append(Draft(alert))

    def add(self, hit: Hit, subject: Subject, silence: int | None) -> Draft:
        """Put a hit to the alert that takes it, or to a new one."""
        rule = self.rules[hit.rule]
        length = self.lengths.get(rule.pk, LENGTHS.get(rule.level, LENGTHS["none"]))
        held = self._open.setdefault((subject.group, silence), [])
        found = next((one for one in reversed(held) if takes(one.alert, hit.time, length)), None)
        if found is None:
            found = Draft(self._new(hit, subject, rule, silence))
            held.append(found)
        if not found.hits:
            self.all.append(found)
        found.hits.append(hit)
        alert = found.alert
        alert.first, alert.last = min(alert.first, hit.time), max(alert.last, hit.time)
        alert.events += 1
        alert.host = alert.host or clean(hit.host or "", 300)
        alert.user = alert.user or clean(hit.user or "", 300)
        alert.address = alert.address or clean(hit.address or "", 60)
        if alert.asset_id is None and hit.asset is not None:
            place(alert, hit.asset, self.estate.get(hit.asset), hit.asset_by)
        return found

    def _new(self, hit: Hit, subject: Subject, rule: Rule, silence: int | None) -> Alert:
        alert = Alert(
            kind=Alert.Kind.CORRELATION if rule.is_correlation else Alert.Kind.RULE,
            rule=rule, version_id=hit.version, source_id=hit.source, level=rule.level, title=rule.title,
            entity_kind=subject.kind, entity=subject.name, group=subject.group, techniques=rule.techniques,
            tactics=rule.tactics, first=hit.time, last=hit.time, opened=self.now, silence_id=silence,
            state=Alert.State.NEW if silence is None else Alert.State.SILENCED,
        )  # fmt: skip
        place(alert, hit.asset, self.estate.get(hit.asset), hit.asset_by)
        return alert


def place(alert: Alert, asset: int | None, facts: Facts, found_by: str = "") -> None:
    """Note the asset of an alert, by what it was found, and what it carries."""
    alert.asset_id, alert.asset_by = asset, clean(found_by, 400) if asset is not None else ""
    alert.system_id = facts.systems[0] if facts.systems else None
    alert.unit_id = facts.unit
    alert.goal_share = facts.goal_share
    alert.loss_low, alert.loss_mid, alert.loss_high = facts.loss or (None, None, None)


def takes(alert: Alert, time: datetime, length: timedelta) -> bool:
    """Whether a hit at a time belongs to an open alert: within `length` of what it holds already."""
    return alert.first - length <= time <= alert.last + length
