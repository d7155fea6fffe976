"""Controls: read, shown, and only the operating ones lower anything."""

from __future__ import annotations

import pytest
from accord_tables import table
from django.conf import settings
from django.test import Client

from accord.core import accounts
from accord.core.errors import Refused
from accord.core.imports import import_tables
from accord.core.models import User
from accord.core.roles import Role
from accord.program.models import Control
from accord.risk.selectors.inputs import controls_of

pytestmark = pytest.mark.django_db
SCENARIO = "key,name,threat,effect\nR-1,Ransomware,external,outage"
EFFECT = "control,scenario,frequency_low,frequency_mid,frequency_high\nCT-1,R-1,0.1,0.2,0.3"


@pytest.fixture
def ciso() -> User:
    return accounts.add_account(None, "ciso@program.example", "Ciso", [(Role.CISO, "")])


@pytest.mark.parametrize("state", list(Control.ControlState))
def test_only_an_operating_control_counts(state: str, ciso: User) -> None:
    controls = f"key,name,state,since\nCT-1,Backups,{state},2026-01-31"
    import_tables(ciso, [table("control", controls), table("scenario", SCENARIO), table("control_effect", EFFECT)])
    counted = [effect.key for effect in controls_of("R-1")]
    assert counted == (["CT-1"] if state == "operating" else [])


def test_a_state_that_is_none_is_refused_with_the_choices(ciso: User) -> None:
    with pytest.raises(Refused, match="operating"):
        import_tables(ciso, [table("control", "key,name,state\nCT-1,Backups,perhaps")])


def test_the_page_of_a_control_shows_what_it_does(ciso: User) -> None:
    controls = "key,name,state\nCT-1,Backups,operating"
    import_tables(ciso, [table("control", controls), table("scenario", SCENARIO), table("control_effect", EFFECT)])
    client = Client()
    client.force_login(ciso, backend=settings.AUTHENTICATION_BACKENDS[-1])
    body = client.get("/controls/CT-1/").content.decode()
    assert "Operating" in body
    assert "Frequency falls by" in body
    assert "Ransomware" in body or "R-1" in body
