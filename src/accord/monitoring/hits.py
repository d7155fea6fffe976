"""What detection hands to the alerts: rules that hold for stored events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that holds for one stored event; for a correlation rule, for the events of a window.

    `rule` and `version` are primary keys of `Rule` and `RuleVersion`. `event` is the key under which the event is
    stored (of a correlation: of the last one; `members` has those of all that are known). `time` is the event's own
    (UTC), the moment of receipt where `time_is_told` is false. `fields` are those that the rule asks for, as text;
    `data` is the whole event as read, for exceptions. `group` are the values that a correlation rule groups by.
    `asset_by` says by what the asset was found (see `StoredEvent`).
    """

    rule: int
    version: int
    event: str
    source: int | None
    time: datetime
    received: datetime
    time_is_told: bool = True
    host: str | None = None
    user: str | None = None
    address: str | None = None
    asset: int | None = None
    fields: dict[str, str] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    group: dict[str, str] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    measure: float | None = None
    asset_by: str = ""
