"""Writes to accounts, role grants and API tokens."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import ApiToken, RoleGrant, User
from accord.core.roles import Role

Grant = tuple[Role, str]


def _row(user: User) -> dict[str, Any]:
    grants = user.grants.values_list("role", "scope")
    return {
        "name": user.name, "person": user.person_key, "active": user.is_active,
        "roles": sorted(f"{role}:{scope}" if scope else role for role, scope in grants),
    }  # fmt: skip


def _check(email: str, password: str | None, grants: Iterable[Grant]) -> None:
    problems = []
    try:
        validate_email(email)
    except ValidationError:
        problems.append(Problem(None, "email", f"“{email}” is not an e-mail address.", "Correct it."))
    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            problems.append(Problem(None, "password", " ".join(error.messages), "Choose another one."))
    for role, scope in grants:
        if role is Role.HEAD and not scope:
            problems.append(Problem(None, "roles", "A department head needs a unit.", "Name the unit."))
        if scope and role is not Role.HEAD:
            problems.append(Problem(None, "roles", f"{role.label} is not limited to a unit.", "Leave it out."))
    if problems:
        raise Refused(*problems)


def add_account(
    actor: User | None, email: str, name: str, grants: Iterable[Grant], *, password: str | None = None,
    person_key: str = "",
) -> User:  # fmt: skip
    """Make an account with its roles. Without a password nobody can log in until one is set."""
    email, grants = email.strip().lower(), list(grants)
    _check(email, password, grants)
    with ledger.write(actor) as log:
        if User.objects.filter(email=email).exists():
            raise Refused(Problem(None, "email", f"{email} has an account already.", "Change that one."))
        user = User.objects.create_user(email, password, name=name.strip(), person_key=person_key)
        for role, scope in dict.fromkeys(grants):
            RoleGrant.objects.create(user=user, role=role, scope=scope)
        log.add("add", "account", user.email, None, _row(user))
    return user


def change_account(
    actor: User, user: User, *, name: str, person_key: str, is_active: bool, grants: Iterable[Grant]
) -> None:
    """Change an account's name, person, state and roles. The last active administrator cannot be lost."""
    grants = list(grants)
    _check(user.email, None, grants)
    with ledger.write(actor) as log:
        before = _row(user)
        user.name, user.person_key, user.is_active = name.strip(), person_key, is_active
        user.save()
        user.grants.all().delete()
        for role, scope in dict.fromkeys(grants):
            RoleGrant.objects.create(user=user, role=role, scope=scope)
        if not RoleGrant.objects.filter(role=Role.ADMIN, user__is_active=True).exists():
            raise Refused("There would be no administrator left. Give somebody else the role first.")
        user.__dict__.pop("roles", None)
        log.add("change", "account", user.email, before, _row(user))


def set_password(actor: User | None, user: User, password: str) -> None:
    _check(user.email, password, [])
    with ledger.write(actor) as log:
        user.set_password(password)
        user.save()
        log.add("set password", "account", user.email)


def add_token(user: User, name: str, expires: datetime | None = None) -> tuple[ApiToken, str]:
    """Make an API token; the second value is the token itself, which is shown once and never kept."""
    if not name.strip():
        raise Refused(Problem(None, "name", "It is blank.", "Name what will use the token."))
    token = "accord_" + secrets.token_urlsafe(32)
    with ledger.write(user) as log:
        made = ApiToken.objects.create(
            user=user, name=name.strip()[:100], digest=ApiToken.digest_of(token), expires=expires
        )
        log.add("add", "token", made.pk, None, {"name": made.name, "account": user.email})
    return made, token


def remove_token(user: User, token: ApiToken) -> None:
    with ledger.write(user) as log:
        log.add("remove", "token", token.pk, {"name": token.name, "account": token.user.email})
        token.delete()


OPERATOR = "operator@localhost"


def operator() -> User:
    """The account under which the command line writes: whoever has the machine. Nobody can log in with it."""
    found = User.objects.filter(email=OPERATOR).first()
    if found is not None:
        return found
    with ledger.write(None) as log:
        found = User.objects.filter(email=OPERATOR).first()  # two command lines may begin at the same time
        if found is not None:
            return found
        made = User.objects.create_user(OPERATOR, None, name="Command line", is_active=False)
        log.add("add", "account", made.email, None, _row(made))
    return made
