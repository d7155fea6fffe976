"""A small company in which every figure of a home or brief can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from accord_tables import table

from accord.core import accounts
from accord.core.imports import import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.exposure.models import FeedUpdate, SystemExposure, TotalExposure
from accord.risk.models import LossRun
from accord.risk.services import propose_appetite, sign_appetite

TABLES = {
    "unit": "key,name,parent\nU,Example AG,\nU-IT,IT,U\nU-S,Sales,U\nU-SN,Sales north,U-S",
    "person": "key,name,unit,heads_unit\nP-CIO,Cora,U-IT,yes\nP-CISO,Cid,U-IT,no\nP-IT,Ida,U-IT,no\nP-S,Sam,U-SN,no",
    "goal": "key,name,weight,owner,measure,target,due\nG-1,Sell,3,P-S,Sales,10,2030-12-31\nG-2,Pay,1,,,,",
    "capability": "key,name\nC-1,Selling\nC-2,Paying",
    "goal_capability": "goal,capability,share\nG-1,C-1,0.8\nG-2,C-2,0.5",
    "system": (
        "key,name,it_owner,reach,end_of_support,cost_per_year\nS-SHOP,Shop,P-IT,internet,2020-01-31,1000\n"
        "S-PAY,Payroll,P-IT,internal,,\nS-OLD,Archive,,internal,2019-06-30,50"
    ),
    "capability_system": "capability,system,share\nC-1,S-SHOP,0.5\nC-2,S-PAY,1",
    "unit_system": "unit,system,share\nU-S,S-SHOP,1\nU-IT,S-PAY,1",
    "asset": "key,name,kind\nA-1,Web,host\nA-2,Pay,host",
    "system_asset": "system,asset,share\nS-SHOP,A-1,1\nS-PAY,A-2,1",
    "budget": "year,capital,running\n{next_year},1000000,500000",
    "initiative": (
        "key,name,sponsor,duration_quarters\nI-1,New shop,cio,2\nI-2,Second proof at log-in,ciso,1\n"
        "I-3,Archive away,cio,1"
    ),
    "scenario": (
        "key,name,threat,effect,frequency_low,frequency_mid,frequency_high\nSC-1,Shop stops,failure,outage,0.1,0.25,0.5"
    ),
    "scenario_loss": "scenario,form,low,mid,high\nSC-1,productivity,1000,2000,4000",
}


def _account(role: Role, scope: str = "", person: str = "") -> User:
    email = f"{role.value}@briefing.example"
    return accounts.add_account(None, email, role.label, [(role, scope)], person_key=person)


@pytest.fixture
def account(db: None) -> Callable[..., User]:
    """(role, scope, person) → an account in that role."""
    return _account


@pytest.fixture
def cio(db: None) -> User:
    return _account(Role.CIO, person="P-CIO")


@pytest.fixture
def ciso(db: None) -> User:
    return _account(Role.CISO, person="P-CISO")


@pytest.fixture
def company(cio: User, ciso: User) -> User:
    """Goals of weight 0.75 and 0.25; the shop carries 0.75 · 0.8 · 0.5 = 0.3, the payroll 0.25 · 0.5 = 0.125."""
    import_tables(
        cio, [table(name, text.format(next_year=datetime.now(UTC).year + 1)) for name, text in TABLES.items()]
    )
    return cio


@pytest.fixture
def exposed(company: User) -> None:
    """The roll-ups as scans would leave them: 7 open findings, 5 with a deadline, 2 known to be exploited."""
    from accord.estate.models import System

    counts = {"open_findings": 7, "class_1": 2, "class_3": 3, "class_4": 2, "high": 7, "known_exploited": 2}
    TotalExposure.objects.update_or_create(pk=1, defaults={**counts, "unclaimed": 1})
    SystemExposure.objects.update_or_create(system=System.objects.get(key="S-SHOP"), defaults=counts)
    FeedUpdate.objects.create(feed="kev", state="done", source="test", digest="0" * 64)


@pytest.fixture
def appetite(cio: User, ciso: User) -> None:
    """At most 10 % of years above 1,000, at most 2 % above 4,000."""
    curve = propose_appetite(cio, [[1_000, 0.10], [4_000, 0.02]])
    sign_appetite(curve, cio, Role.CIO, "test")
    sign_appetite(curve, ciso, Role.CISO, "test")


@pytest.fixture
def run(company: User) -> LossRun:
    """A loss run whose figures are round: mean 500 (300 to 900), one year in 20 above 3,000."""
    from accord.core import jobs

    job = jobs.run_now(company, "risk.run_loss")
    assert job.state == job.State.DONE, job.error
    found = LossRun.objects.latest("at")
    result = found.result
    result["mean"] = {"value": 500.0, "low": 300.0, "high": 900.0}
    result["var"] = [{"level": 0.95, "lower": 2_990.0, "value": 3_000.0, "upper": 3_010.0}]
    result["curve"] = [[0.0, 0.25], [1_000.0, 0.20], [4_000.0, 0.01], [8_000.0, 0.001]]
    result["scenarios"][0].update(mean=500.0, frequency_left=0.8)
    LossRun.objects.filter(pk=found.pk).update(result=result)
    found.refresh_from_db()
    return found
