"""Every component in Chromium, under the policy that pages are sent with: nothing is blocked, everything works.

`ACCORD_UI_PICTURES=folder` keeps pictures of the components in light, dark and on a phone.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import include, path

from accord.core import accounts, nouns
from accord.core.imports import save_row
from accord.core.models import User
from accord.core.roles import Role
from accord.site.urls import urlpatterns as site
from accord.ui.nouns import NounScreens, noun_urls

HERE = Path(__file__).parent
PICTURES = os.environ.get("ACCORD_UI_PICTURES", "")
BACKEND = settings.AUTHENTICATION_BACKENDS[-1]


def _showcase() -> ModuleType:
    spec = importlib.util.spec_from_file_location("accord_ui_showcase", HERE / "showcase.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


expect = pytest.importorskip("playwright.sync_api").expect

probe = [route for name in ("goal", "person") for route in noun_urls(NounScreens(nouns.get(name), "probe"))]
urlpatterns = [path("probe/", include((probe, "probe"))), *_showcase().urlpatterns, *site]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls(__name__)]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        found = [p for p in ("/usr/bin/chromium", running.chromium.executable_path) if Path(p).exists()]
        if not found:
            pytest.skip("no Chromium on this machine")
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = running.chromium.launch(executable_path=found[0], args=arguments)
        # Playwright runs an event loop in this thread; the database is used beside it, never within.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        yield browser
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        browser.close()


@pytest.fixture
def cio() -> User:
    return accounts.add_account(None, "cio@probe.example", "Ada Berger", [(Role.CIO, "")])


class Watched:
    """A page that remembers what the browser complained of."""

    def __init__(self, page: Any, base: str) -> None:
        self.page, self.base = page, base
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda line: line.type in ("error", "warning") and self.complaints.append(line.text))
        page.on("requestfailed", self._failed)
        page.on("request", self._stays_here)

    def _failed(self, request: Any) -> None:
        # The palette takes back the question that a newer letter has replaced.
        if not ("/ui/palette/" in request.url and request.failure == "net::ERR_ABORTED"):
            self.complaints.append(f"failed: {request.url}")

    def _stays_here(self, request: Any) -> None:
        if not request.url.startswith((self.base, "data:")):
            self.complaints.append(f"left the site: {request.url}")

    def open(self, address: str) -> Any:
        self.page.goto(self.base + address)
        return self.page

    def is_content(self) -> None:
        assert not self.complaints, "\n".join(self.complaints)


@pytest.fixture
def watched(chromium: Any, live_server: Any, cio: User) -> Iterator[Any]:
    client = Client()
    client.force_login(cio, backend=BACKEND)
    contexts = []

    def made(**options: Any) -> Watched:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([cookie])
        contexts.append(context)
        return Watched(context.new_page(), live_server.url)

    yield made
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("light", {"color_scheme": "light"}),
        ("dark", {"color_scheme": "dark"}),
        ("narrow", {"viewport": {"width": 320, "height": 600}}),
        ("phone", {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}),
    ],
)
def test_components_and_charts_break_no_policy(watched: Any, name: str, options: dict[str, Any]) -> None:
    browser = watched(**options)
    page = browser.open("/showcase/")
    expect(page.locator("figure[data-drawn] svg.marks")).to_have_count(6, timeout=20_000)
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert overflow <= 0, f"the page is {overflow} pixels wider than the window"
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"showcase-{name}.png"), full_page=True)
    browser.is_content()


def test_theme_is_kept_and_charts_follow(watched: Any) -> None:
    browser = watched(color_scheme="light")
    page = browser.open("/showcase/")
    page.wait_for_selector("figure[data-drawn]")
    label = page.locator("figure.chart svg text").first
    colour = "text => getComputedStyle(text).fill"
    before = label.evaluate(colour)
    page.click("[data-theme-toggle]")
    page.click("[data-theme-toggle]")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert label.evaluate(colour) != before
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    browser.is_content()


def test_list_filters_without_a_full_page_and_keeps_the_address(watched: Any, cio: User) -> None:
    for number in range(60):
        save_row(cio, nouns.get("goal"), {"key": f"G-{number:02}", "name": f"Goal {number}"})
    browser = watched()
    page = browser.open("/probe/goals/")
    page.evaluate("window.sameDocument = true")
    page.fill("input[name=q]", "Goal 5")
    expect(page.locator(".list-count strong")).to_have_text("11")
    page.wait_for_url(re.compile(r"/probe/goals/\?q=Goal(\+|%20)5$"))
    page.click("th >> text=Name")
    page.wait_for_url(re.compile(r"\?q=Goal(\+|%20)5&sort=name$"))
    expect(page.locator("#sort-name")).to_be_focused()
    expect(page.locator("[data-list-status]")).to_have_text("11 rows match")
    assert page.evaluate("window.sameDocument") is True
    page.go_back()
    page.wait_for_url(re.compile(r"\?q=Goal(\+|%20)5$"))
    expect(page.locator("tbody tr")).to_have_count(11)
    expect(page.locator(".topbar")).to_have_count(1)
    page.goto(browser.base + "/probe/goals/")
    page.click("text=Next")
    expect(page.locator("tbody tr")).to_have_count(10)
    browser.is_content()


def test_palette_opens_by_key_and_leads_to_the_page(watched: Any, cio: User) -> None:
    save_row(cio, nouns.get("goal"), {"key": "G-77", "name": "Serve every customer"})
    browser = watched()
    page = browser.open("/probe/goals/")
    page.keyboard.press("Control+k")
    field = page.locator("#palette input")
    field.wait_for(state="visible")
    page.keyboard.type("serve every")
    option = page.locator("#palette [role=option][aria-selected=true] >> text=Serve every customer")
    option.wait_for(state="visible")
    assert field.get_attribute("aria-activedescendant")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/goals/G-77/$"))
    assert page.locator("h1").inner_text() == "Serve every customer"
    browser.is_content()


def test_menu_on_a_phone_opens_and_closes(watched: Any) -> None:
    browser = watched(viewport={"width": 390, "height": 844}, has_touch=True)
    page = browser.open("/probe/goals/")
    menu = page.locator("#navigation")
    assert not menu.is_visible()
    page.click(".menu-button")
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    browser.is_content()


def test_account_pages_break_no_policy(watched: Any, cio: User) -> None:
    """Log in by password, see the code of the authenticator app, enrol a security key."""
    cio.set_password("correct horse battery 9")
    cio.save()
    browser = watched()
    browser.page.context.clear_cookies()
    page = browser.open("/account/login/?next=/account/2fa/totp/activate/")
    page.fill("input[name=login]", cio.email)
    page.fill("input[name=password]", "correct horse battery 9")
    page.click("button[type=submit] >> text='Log in'")
    page.fill("input[name=password]", "correct horse battery 9")
    page.click("button >> text=Confirm")
    code = page.locator("img.qr")
    expect(code).to_be_visible()
    assert code.evaluate("image => image.naturalWidth") > 50
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasUserVerification": True, "isUserVerified": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "hasResidentKey": True}})
    browser.open("/account/2fa/webauthn/add/")
    page.fill("input[name=name]", "My key")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: "/2fa/" in url and "/add/" not in url, wait_until="load")
    browser.open("/account/2fa/webauthn/")
    expect(page.get_by_text("My key").first).to_be_visible()
    browser.is_content()


def test_keyboard_reaches_the_content_first(watched: Any) -> None:
    browser = watched()
    page = browser.open("/probe/goals/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    browser.is_content()


def test_a_session_that_ended_leads_to_the_log_in_page(watched: Any) -> None:
    browser = watched()
    page = browser.open("/probe/goals/")
    page.context.clear_cookies()
    page.fill("input[name=q]", "x")
    page.wait_for_url(re.compile("/account/login/"))
    expect(page.locator("input[name=password]")).to_be_visible()
