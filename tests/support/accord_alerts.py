"""Rules, hits and a small estate for tests of alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from accord.core import accounts
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.estate.models import Asset, System
from accord.monitoring.hits import Hit
from accord.monitoring.models import Rule, RuleVersion, Source, SystemStake

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
_numbers = count(1)
BASE = """title: {title}
id: {id}
name: {name}
logsource: {{product: windows}}
detection:
  one: {{Image|endswith: "{name}.exe"}}
  condition: one
level: {level}
"""
ABOVE = """title: {title}
id: {id}
name: {name}
correlation:
  type: event_count
  rules: [{rules}]
  group-by: [User]
  timespan: 1h
  condition: {{gte: 3}}
level: {level}
"""


def person(name: str, role: Role = Role.ANALYST, scope: str = "") -> User:
    return accounts.add_account(None, f"{name}@alerts.example", name.capitalize(), [(role, scope)], password=PASSWORD)


def rule(name: str, level: str = "medium", members: tuple[str, ...] = (), **told: Any) -> Rule:
    """A rule in force; with `members` a correlation rule over these."""
    text = (ABOVE if members else BASE).format(
        title=name.capitalize(), id=f"rule-{name}", name=name, level=level, rules=", ".join(members)
    )
    held = {"title": name.capitalize(), "techniques": ["T1059.001"], "tactics": ["execution"], **told}
    made = Rule.objects.create(
        identifier=f"rule-{name}", name=name, level=level, collection="own", product="windows",
        is_correlation=bool(members), **held,
    )  # fmt: skip
    made.version = RuleVersion.objects.create(rule=made, number=1, text=text, digest=name)
    made.save()
    return made


def source() -> Source:
    return Source.objects.get_or_create(key="logs", defaults={"name": "Logs", "kind": Source.Kind.UPLOAD})[0]


def hit(of: Rule, minutes: float = 0, event: str = "", **told: Any) -> Hit:
    """A hit of a rule so many minutes after NOW, on srv-01 by ada, where nothing else is told."""
    time = NOW + timedelta(minutes=minutes)
    held = Hit(
        rule=of.pk, version=of.version_id or 0, event=event or f"e-{next(_numbers)}", source=None, time=time,
        received=time, host="srv-01", user="ada", fields={"Image": f"C:\\{of.name}.exe"},
        data={"Image": f"C:\\{of.name}.exe", "User": "ada", "EventID": 1},
    )  # fmt: skip
    return replace(held, **told)


def table(name: str, columns: str, *rows: str) -> TextTable:
    names = columns.split(",")
    cells = [dict(zip(names, row.split(","), strict=True)) for row in rows]
    return TextTable(name, names, [TextRow(number, row) for number, row in enumerate(cells, 2)])


def estate(actor: User) -> dict[str, int]:
    """Two goals (weights 0.75 and 0.25), a shop that carries 0.3 of them on two servers, a payroll that carries 0.125,
    an asset in no system. Returns primary keys of assets by key."""
    import_tables(
        actor,
        [
            table("goal", "key,name,weight", "G-1,Sell,3", "G-2,Pay,1"),
            table("capability", "key,name", "C-1,Selling", "C-2,Paying"),
            table("goal_capability", "goal,capability,share", "G-1,C-1,0.8", "G-2,C-2,0.5"),
            table("unit", "key,name,parent", "U,Company,", "U-S,Sales,U", "U-H,People,U"),
            table("system", "key,name,reach", "S-SHOP,Shop,internet", "S-PAY,Payroll,internal"),
            table("capability_system", "capability,system,share", "C-1,S-SHOP,0.5", "C-2,S-PAY,1"),
            table("unit_system", "unit,system,share", "U-S,S-SHOP,1", "U-H,S-PAY,1"),
            table("asset", "key,name,kind", "A-WEB,srv-01,host", "A-DB,srv-02,host", "A-PAY,pay-01,host",
                  "A-LONE,lone-01,host"),
            table("system_asset", "system,asset,share", "S-SHOP,A-WEB,0.6", "S-SHOP,A-DB,0.4", "S-PAY,A-PAY,1"),
        ],
    )  # fmt: skip
    return dict(Asset.objects.values_list("key", "pk"))


def stakes(**money: float) -> None:
    """What a foothold in systems costs a year, at the middle; SHOP=… is the system S-SHOP."""
    for name, mid in money.items():
        SystemStake.objects.create(
            system=System.objects.get(key=f"S-{name}"), low=mid / 2, mid=mid, high=mid * 2, currency="EUR",
            at=timezone.now(),
        )  # fmt: skip
