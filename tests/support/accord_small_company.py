"""A small company to plan for: two executives, four initiatives, two goals, two scenarios, two years."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accord.core import accounts
from accord.core.imports import TextRow, TextTable, import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.decisions import services
from accord.decisions.models import Frontier

PASSWORD = "correct horse battery staple"
TABLES: dict[str, list[dict[str, object]]] = {
    "goal": [
        {"key": "GROW", "name": "Grow", "weight": 3},
        {"key": "SERVE", "name": "Serve well", "weight": 1},
        {"key": "FAST", "name": "Answer fast", "parent": "SERVE", "weight": 1},
        {"key": "SAFE", "name": "Deliver safely", "parent": "SERVE", "weight": 1},
    ],
    "scenario": [
        {"key": "OUT", "name": "Outage", "threat": "failure", "effect": "outage",
         "frequency_low": 0.5, "frequency_mid": 0.5, "frequency_high": 0.5},
        {"key": "LEAK", "name": "Leak", "threat": "external", "effect": "disclosure",
         "frequency_low": 0.2, "frequency_mid": 0.2, "frequency_high": 0.2},
    ],
    "scenario_loss": [
        {"scenario": "OUT", "form": "response", "low": 1000000, "mid": 1000000, "high": 1000000},
        {"scenario": "LEAK", "form": "fines", "low": 4000000, "mid": 4000000, "high": 4000000},
    ],
    "initiative": [
        {"key": "SHOP", "name": "New shop", "sponsor": "cio", "duration_quarters": 2},
        {"key": "DATA", "name": "Data platform", "sponsor": "cio", "duration_quarters": 1},
        {"key": "MFA", "name": "Second factor", "sponsor": "ciso", "duration_quarters": 1},
        {"key": "SOC", "name": "Watch", "sponsor": "ciso", "duration_quarters": 2},
    ],
    "initiative_cost": [
        {"initiative": "SHOP", "year": 1, "capital": 600000, "running": 40000},
        {"initiative": "DATA", "year": 1, "capital": 300000, "running": 20000},
        {"initiative": "MFA", "year": 1, "capital": 250000, "running": 40000},
        {"initiative": "SOC", "year": 1, "capital": 400000, "running": 80000},
    ],
    "initiative_people": [
        {"initiative": key, "quarter": 1, "skill": "engineer", "fte": 2} for key in ("SHOP", "DATA", "MFA", "SOC")
    ],
    "initiative_goal": [
        {"initiative": "SHOP", "goal": "GROW", "contribution": 0.5},
        {"initiative": "DATA", "goal": "SERVE", "contribution": 0.4},
    ],
    "initiative_effect": [
        {"initiative": "SHOP", "scenario": "LEAK", "frequency_low": -0.2, "frequency_mid": -0.1, "frequency_high": 0},
        {"initiative": "MFA", "scenario": "LEAK", "frequency_low": 0.3, "frequency_mid": 0.5, "frequency_high": 0.6},
        {"initiative": "SOC", "scenario": "LEAK", "magnitude_low": 0.2, "magnitude_mid": 0.3, "magnitude_high": 0.4},
        {"initiative": "SOC", "scenario": "OUT", "magnitude_low": 0.3, "magnitude_mid": 0.4, "magnitude_high": 0.5},
    ],
    "budget": [{"year": 2027, "capital": 700000, "running": 100000},
               {"year": 2028, "capital": 400000, "running": 200000}],
    "capacity": [
        {"skill": "engineer", "quarter": f"{year}-Q{q}", "fte": 2} for year in (2027, 2028) for q in range(1, 5)
    ],
}  # fmt: skip

Put = Callable[..., None]


def put(actor: User, tables: dict[str, list[dict[str, object]]]) -> None:
    """Write rows through the gate that every import uses."""
    texts = []
    for noun, rows in tables.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        lines = [TextRow(n, {c: str(row.get(c, "")) for c in columns}) for n, row in enumerate(rows, 2)]
        texts.append(TextTable(noun, columns, lines))
    import_tables(actor, texts)


def account(name: str, *roles: Role) -> User:
    return accounts.add_account(None, f"{name}@d.example", name, [(r, "") for r in roles], password=PASSWORD)


@pytest.fixture
def cio(db: None) -> User:
    return account("cio", Role.CIO)


@pytest.fixture
def ciso(db: None) -> User:
    return account("ciso", Role.CISO)


@pytest.fixture
def company(cio: User) -> Put:
    """The tables are in; the fixture writes more rows: `company(budget=[{…}])`."""
    put(cio, TABLES)
    return lambda **tables: put(cio, tables)


@pytest.fixture
def frontier(company: Put, cio: User) -> Frontier:
    """A frontier over the small company."""
    return services.run_frontier(cio, points=4, seconds=2.0)


@pytest.fixture
def browse() -> Callable[[User], Any]:
    """A client that is logged in."""

    def logged_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return client

    return logged_in
