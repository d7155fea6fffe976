"""Every page and every operation of the API × every role: the answer is the one that the table gives.

Keys in the addresses are made up, so that an account that may enter usually finds nothing (404); what counts
is that one that may not is refused (403) before anything is looked up.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from accord_routes import Operation, Page, walk
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client

from accord.core import accounts, permissions
from accord.core.models import User
from accord.core.roles import Role

pytestmark = pytest.mark.django_db

ANONYMOUS_PAGES = {
    "account_login": "to log in",
    "account_logout": "logging out twice does no harm",
    "account_signup": "says that accounts are made by an administrator",
    "account_inactive": "says why somebody cannot log in",
    "account_reset_password": "to set a forgotten password",
    "account_reset_password_done": "part of it",
    "account_reset_password_from_key": "part of it; the key is the proof",
    "account_reset_password_from_key_done": "part of it",
    "account_confirm_email": "the key is the proof",
    "account_email_verification_sent": "says to look into the mail",
    "mfa_authenticate": "the second step of logging in; without the first it leads back",
    "mfa_login_webauthn": "to log in with a passkey",
    "account_confirm_login_code": "part of logging in",
}
ANONYMOUS_PREFIXES = ("socialaccount", "openid_connect", "oidc")
FORBIDDEN = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
# The frame around the business: the start page, one's own account, the search for pages.
EVERYBODYS = {"home", "notice", "own_account", "palette"}
UNITS = {"scope": "walk-unit"}

Account = Callable[[Role], User]


@pytest.fixture(autouse=True)
def _refusals_are_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are what is asked for here: their log lines cost more than the requests."""
    caplog.set_level(logging.ERROR, "django.request")


@pytest.fixture
def account() -> Account:
    """An account with one role."""

    def made(role: Role) -> User:
        scope = UNITS["scope"] if role is Role.HEAD else ""
        return accounts.add_account(None, f"{role.value}@walk.example", role.label, [(role, scope)])

    return made


def _client(user: User | None = None) -> Client:
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _to_the_log_in(answer: Any) -> bool:
    return bool(answer.status_code == HTTPStatus.FOUND and "/login" in answer.headers["Location"])


def _our_pages() -> list[Page]:
    return [page for page in walk.pages if page.ours]


def test_there_is_something_to_walk() -> None:
    assert len(_our_pages()) > 20
    assert len(walk.operations) > 20


def test_every_page_declares_its_guard() -> None:
    bare = [str(page) for page in _our_pages() if not page.guard and not page.open_because]
    assert not bare, "Neither guarded nor open for a stated reason:\n" + "\n".join(bare)


def test_every_operation_declares_its_guard() -> None:
    bare = [str(op) for op in walk.operations if not op.guard and not op.open_because]
    assert not bare, "Neither guarded nor open for a stated reason:\n" + "\n".join(bare)


def test_every_guard_stands_in_the_table() -> None:
    missing = {
        entry.guard
        for entry in (*_our_pages(), *walk.operations)
        if entry.guard and entry.guard not in permissions.table()
    }
    assert not missing, f"(verb, noun) that the permission table lacks: {sorted(missing)}"


def test_reasons_for_open_pages_are_reasons() -> None:
    for entry in (*_our_pages(), *walk.operations):
        if entry.open_because is not None:
            assert len(entry.open_because.split()) >= 3, str(entry)


def test_anonymous_visitors_are_sent_to_the_log_in() -> None:
    client = _client()
    wrong = []
    for page in walk.pages:
        if page.open_because or page.name in ANONYMOUS_PAGES or page.name.startswith(ANONYMOUS_PREFIXES):
            continue
        for send in (client.get, client.post):
            answer = send(page.path)
            if answer.status_code == HTTPStatus.MOVED_PERMANENTLY:
                continue  # an old address of a page that is walked itself
            login = _to_the_log_in(answer)
            if not login and answer.status_code not in {401, 403, 404, 405}:
                wrong.append(f"{page}: {answer.status_code} {answer.headers.get('Location', '')}")
            if page.guard and not login:
                wrong.append(f"{page}: {answer.status_code} instead of the log-in")
    assert not wrong, "\n".join(wrong)


def test_anonymous_calls_of_the_api_are_refused() -> None:
    client = _client()
    wrong = []
    for operation in walk.operations:
        if not operation.open_because:
            answer = client.generic(operation.method, operation.path)
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                wrong.append(f"{operation}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", Role)
def test_pages_answer_as_the_table_says(role: Role, account: Account) -> None:
    user = account(role)
    client = _client(user)
    wrong = []
    for page in _our_pages():
        if page.guard is None:
            continue
        may = permissions.allowed(user, *page.guard)
        shown = client.get(page.path)
        if may and (_to_the_log_in(shown) or shown.status_code == 403 or shown.status_code >= 500):
            wrong.append(f"GET {page}: {shown.status_code}, and {' '.join(page.guard)} is allowed")
        if not may:
            sent = client.post(page.path)
            if sent.status_code != HTTPStatus.FORBIDDEN:
                wrong.append(f"POST {page}: {sent.status_code}, and {' '.join(page.guard)} is not allowed")
            if shown.status_code not in FORBIDDEN | {HTTPStatus.METHOD_NOT_ALLOWED}:
                wrong.append(f"GET {page}: {shown.status_code}, and {' '.join(page.guard)} is not allowed")
    assert not wrong, f"{role.label}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("role", Role)
def test_operations_answer_as_the_table_says(role: Role, account: Account) -> None:
    user = account(role)
    client = _client(user)
    wrong = []
    for operation in walk.operations:
        if operation.guard is None:
            continue
        may = permissions.allowed(user, *operation.guard)
        says = f"{operation}: %s, and {' '.join(operation.guard)} is {'allowed' if may else 'not allowed'}"
        if may and operation.method == "GET":
            status = client.get(operation.path).status_code
            if status in {401, 403} or status >= 500:
                wrong.append(says % status)
        if not may:
            status = client.generic(operation.method, operation.path, content_type="application/json").status_code
            # What an operation needs as input is read before its guard is asked.
            fits = {403, 422, 400} if operation.needs_input else {403}
            if status not in fits or not _refuses(operation, user):
                wrong.append(says % status)
    assert not wrong, f"{role.label}:\n" + "\n".join(wrong)


def _refuses(operation: Operation, user: User) -> bool:
    """Whether the guard itself says no, whatever the input."""
    request: Any = SimpleNamespace(user=user, auth=user)
    try:
        operation.view(request)
    except PermissionDenied:
        return True
    except Exception:
        return False
    return False


def test_nobody_makes_an_account_for_themselves() -> None:
    signup = [page for page in walk.pages if page.name == "account_signup"]
    for page in signup:
        fields = {
            "email": "x@walk.example",
            "password1": "k7-Vq!pmz29",
            "password2": "k7-Vq!pmz29",
            "name": "X",
        }
        _client().post(page.path, fields)
    assert not User.objects.filter(email="x@walk.example").exists()


# What the roles are, whatever the single cells say.


def _cells() -> list[dict[str, str]]:
    with open(settings.ACCORD_PERMISSION_TABLE, newline="", encoding="utf-8") as stream:  # noqa: PTH123
        return list(csv.DictReader(stream))


def test_the_auditor_reads_everything_and_writes_nothing() -> None:
    for row in _cells():
        business = any(row[role.value] for role in Role if role not in {Role.ADMIN, Role.STAFF})
        if row["verb"] == "view" and business and row["noun"] not in EVERYBODYS:
            assert row[Role.AUDITOR.value] == "yes", row
        if row["verb"] not in {"view", "export"} and row["noun"] not in EVERYBODYS:
            assert not row[Role.AUDITOR.value], row


def test_the_board_sees_briefs_only() -> None:
    seen = {row["noun"] for row in _cells() if row[Role.BOARD.value]}
    assert seen <= EVERYBODYS | {"brief", "statement"}, seen


def test_staff_see_their_own_only() -> None:
    for row in _cells():
        if row[Role.STAFF.value]:
            assert row[Role.STAFF.value] == "own" or row["noun"] in EVERYBODYS, row


def test_the_administrator_has_no_business_data_by_that_role() -> None:
    own = EVERYBODYS | {"account", "setting", "job", "feed", "webhook"}
    seen = {row["noun"] for row in _cells() if row[Role.ADMIN.value]}
    assert seen <= own, seen - own


def test_only_the_executives_sign() -> None:
    for row in _cells():
        if row["verb"] == "sign":
            signers = {role for role in Role if row[role.value]}
            # The owner in IT of a system signs for the CIO on a sheet about a patch of it, and nowhere else.
            delegated = {Role.MANAGER} if row["noun"] == "sheet" and row[Role.MANAGER.value] == "own" else set()
            assert signers <= {Role.CIO, Role.CISO} | delegated, row
