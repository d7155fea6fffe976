"""Accounts, roles and tokens."""

from __future__ import annotations

import pytest

from accord.core import accounts, permissions
from accord.core.errors import Refused
from accord.core.models import ApiToken, LedgerEntry, User
from accord.core.permissions import Reach, reach
from accord.core.roles import Role
from accord.estate.models import System, UnitSystem
from accord.organization.models import Unit

pytestmark = pytest.mark.django_db
GOOD = "a long and odd pass phrase"


def make(email: str, *roles: Role, scope: str = "") -> User:
    return accounts.add_account(None, email, "Somebody", [(r, scope) for r in roles], password=GOOD)


@pytest.mark.parametrize(
    ("email", "password", "grants", "column"),
    [
        ("not an address", GOOD, [], "email"),
        ("a@b.example", "short", [], "password"),
        ("a@b.example", GOOD, [(Role.HEAD, "")], "roles"),
        ("a@b.example", GOOD, [(Role.CIO, "U-1")], "roles"),
    ],
)
def test_a_bad_account_is_refused_at_its_field(
    email: str, password: str, grants: list[tuple[Role, str]], column: str
) -> None:
    with pytest.raises(Refused) as refused:
        accounts.add_account(None, email, "A", grants, password=password)
    assert [p.column for p in refused.value.problems] == [column]
    assert not User.objects.exists()


def test_no_password_reaches_the_ledger() -> None:
    user = make("a@b.example", Role.CIO)
    accounts.set_password(user, user, "another long and odd phrase")
    text = "".join(e.before + e.after for e in LedgerEntry.objects.all())
    assert GOOD not in text
    assert "pbkdf2" not in text
    assert "argon" not in text


def test_the_last_administrator_cannot_be_lost() -> None:
    admin = make("admin@b.example", Role.ADMIN)
    with pytest.raises(Refused, match="no administrator"):
        accounts.change_account(admin, admin, name="A", person_key="", is_active=True, grants=[(Role.CIO, "")])
    assert User.objects.get().has_role(Role.ADMIN)


def test_a_token_is_kept_as_its_digest_only() -> None:
    user = make("a@b.example", Role.CIO)
    made, token = accounts.add_token(user, "script")
    assert token not in str(ApiToken.objects.values().get())
    assert made.digest == ApiToken.digest_of(token)


def test_the_widest_of_several_roles_counts_and_none_means_no() -> None:
    both = make("b@b.example", Role.CIO)
    nobody = make("n@b.example")
    assert reach(both, "change", "system") is Reach.ALL
    assert reach(nobody, "view", "system") is None
    both.is_active = False
    assert reach(both, "view", "system") is None
    with pytest.raises(KeyError):
        reach(both, "fly", "system")


def test_an_administrator_sees_no_business_data_by_that_role() -> None:
    admin = make("admin@b.example", Role.ADMIN)
    allowed = {noun for (verb, noun), cell in permissions.table().items() if Role.ADMIN in cell and verb == "view"}
    assert allowed <= {"account", "setting", "job", "feed", "home", "notice", "own_account", "palette", "webhook"}
    assert not permissions.allowed(admin, "view", "finding")


def test_an_auditor_writes_nothing_but_their_own_account() -> None:
    writes = {
        (verb, noun) for (verb, noun), cell in permissions.table().items()
        if Role.AUDITOR in cell and verb not in {"view", "export"}
    }  # fmt: skip
    assert writes == {("change", "notice"), ("change", "own_account")}


def test_a_department_head_sees_the_systems_of_the_unit_and_those_below() -> None:
    top = Unit.objects.create(key="U-1", name="Sales")
    below = Unit.objects.create(key="U-2", name="Inside sales", parent=top)
    other = Unit.objects.create(key="U-3", name="Plant")
    for unit, key in ((top, "S-1"), (below, "S-2"), (other, "S-3")):
        UnitSystem.objects.create(unit=unit, system=System.objects.create(key=key, name=key), share=1)
    head = make("head@b.example", Role.HEAD, scope="U-1")
    seen = permissions.scoped(head, "system", System.objects.all())
    assert set(seen.values_list("key", flat=True)) == {"S-1", "S-2"}
    auditor = make("auditor@b.example", Role.AUDITOR)
    assert permissions.scoped(auditor, "system", System.objects.all()).count() == 3
    staff = make("staff@b.example", Role.STAFF)
    assert not permissions.scoped(staff, "system", System.objects.all()).exists()
