"""The sidebar: short ones are open, of long ones the group of the page and what somebody opens."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from accord.core import accounts
from accord.core.models import User
from accord.core.roles import Role
from accord.ui.navigation import HOME, UNFOLDED, menu

pytestmark = pytest.mark.django_db


def account(role: Role) -> User:
    return accounts.add_account(None, f"{role.value}@nav.example", "Ada Probe", [(role, "")])


@pytest.mark.parametrize(("path", "unfolded"), [("/", {HOME}), ("/findings/7/", {HOME, "Exposure"})])
def test_of_a_long_sidebar_only_the_group_of_the_page_is_unfolded(path: str, unfolded: set[str]) -> None:
    request = RequestFactory().get(path)
    request.user = account(Role.CISO)
    groups = menu(request)
    assert sum(len(group.links) for group in groups) > UNFOLDED
    assert {group.label for group in groups if not group.folded} == unfolded


def test_a_short_sidebar_is_open() -> None:
    request = RequestFactory().get("/")
    request.user = account(Role.BOARD)
    groups = menu(request)
    assert groups and not any(group.folded for group in groups)


def test_a_folded_group_is_still_in_the_page() -> None:
    client = Client()
    client.force_login(account(Role.CISO), backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = client.get("/findings/").content.decode()
    assert '<details class="nav-group" data-nav-group="exposure" open>' in page
    assert '<details class="nav-group" data-nav-group="monitoring">' in page and 'href="/alerts/"' in page
