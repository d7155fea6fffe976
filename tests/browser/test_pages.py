"""Every page that the sidebar leads to opens for its role, in light, dark and phone-wide, without a complaint."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browsing import DRAWN

ROLES = ("cio", "ciso", "analyst", "manager", "head", "auditor", "board", "staff", "admin")


def _addresses(page: Page) -> list[str]:
    links = page.locator("nav#navigation a[href]")
    return list(dict.fromkeys(link.get_attribute("href") or "" for link in links.all()))


def _opens(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer is not None and answer.ok, f"{address}: {answer and answer.status}"
    expect(page.locator("h1")).to_have_count(1)
    page.wait_for_function(DRAWN)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{address} is {wide} pixels wider than the window"


@pytest.mark.parametrize("role", ROLES)
def test_the_sidebar_leads_to_pages_that_open(role: str, sign_in) -> None:
    page = sign_in(role)
    addresses = _addresses(page)
    assert addresses, "the sidebar is empty"
    for address in addresses:
        _opens(page, address)


@pytest.mark.parametrize(("scheme", "width", "height"), [("dark", 1440, 900), ("light", 390, 844)])
def test_pages_open_in_the_dark_and_on_a_phone(scheme: str, width: int, height: int, sign_in) -> None:
    page = sign_in("ciso", color_scheme=scheme, viewport={"width": width, "height": height})
    for address in _addresses(page):
        _opens(page, address)


def test_a_refused_act_keeps_what_was_chosen(sign_in) -> None:
    page = sign_in("ciso")
    page.goto("/findings/?state=open")
    ticks = page.locator("input[name=findings]")
    ticks.nth(0).check()
    ticks.nth(2).check()
    page.get_by_role("button", name="False positive").click()
    expect(page.locator("#messages .message-error")).to_contain_text("It is blank")
    assert [ticks.nth(place).is_checked() for place in range(4)] == [True, False, True, False]
    page.goto("/findings/?state=open")
    assert not any(ticks.nth(place).is_checked() for place in range(4))
