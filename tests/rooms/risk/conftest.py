"""A small organization with scenarios, controls and shares, written through the import gate."""

from __future__ import annotations

import pytest
from accord_tables import table

from accord.core import accounts
from accord.core.imports import import_tables
from accord.core.models import User
from accord.core.roles import Role

TABLES: dict[str, str] = {
    "unit": "key,name\nU-1,Warehouse\nU-2,Finance",
    "goal": "key,name,weight\nG-1,Deliver on time,3\nG-2,Keep the books,1",
    "capability": "key,name\nC-1,Ship\nC-2,Account",
    "goal_capability": "goal,capability,share\nG-1,C-1,1\nG-2,C-2,0.5",
    "system": "key,name\nS-1,Shipping\nS-2,Ledger\nS-3,Lonely",
    "capability_system": "capability,system,share\nC-1,S-1,0.8\nC-2,S-1,0.2\nC-2,S-2,0.6",
    "unit_system": "unit,system,share\nU-1,S-1,0.6\nU-2,S-1,0.2\nU-2,S-2,0.5",
    "control": "key,name,state\nCT-1,Backups,operating\nCT-2,Segments,planned\nCT-3,Training,operating",
    "scenario": (
        "key,name,threat,effect,frequency_low,frequency_mid,frequency_high\n"
        "R-1,Ransomware,external,outage,0.05,0.2,0.6\n"
        "R-2,Wrong payment,error,fraud,0.5,2,6\n"
        "R-3,Flood,nature,outage,,,\n"
        "R-4,Leak,insider,disclosure,0.1,0.2,0.3"
    ),
    "scenario_system": "scenario,system,share\nR-1,S-1,0.7\nR-1,S-3,0.2\nR-2,S-2,1",
    "scenario_loss": (
        "scenario,form,low,mid,high\n"
        "R-1,productivity,200000,800000,4000000\nR-1,response,50000,150000,600000\n"
        "R-2,replacement,2000,10000,60000\nR-3,replacement,1,2,3"
    ),
    "control_effect": (
        "control,scenario,frequency_low,frequency_mid,frequency_high,magnitude_low,magnitude_mid,magnitude_high\n"
        "CT-1,R-1,,,,0.2,0.4,0.6\nCT-2,R-1,0.5,0.6,0.7,,,\nCT-3,R-1,0.1,0.25,0.5,,,\nCT-3,R-2,0.1,0.5,0.8,,,"
    ),
}  # fmt: skip


def account(name: str, *roles: Role) -> User:
    return accounts.add_account(
        None, f"{name}@risk.example", name, [(role, "") for role in roles], password="Kq7-vmz!29pd"
    )


@pytest.fixture
def cio(db: None) -> User:
    return account("cio", Role.CIO)


@pytest.fixture
def ciso(db: None) -> User:
    return account("ciso", Role.CISO)


@pytest.fixture
def organization(ciso: User) -> User:
    """The tables, imported; the account that did it."""
    import_tables(ciso, [table(name, text) for name, text in TABLES.items()])
    return ciso
