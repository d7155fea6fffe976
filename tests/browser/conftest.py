"""Journeys in Chromium: a real server with the sample company, a page per role, and no error left unseen.

    def test_something(accord, sign_in): ...

`accord` is a server with its own copy of the sample company for the tests of one file; `fresh_accord` is one
for a single test. `sign_in("cio")` gives a page that is logged in. What the browser complains of (errors on
the console, refusals by the Content-Security-Policy, answers of 500 and above, requests to other hosts) fails
the test, unless it announced that with `watch.expect("…")`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    sync_playwright,
)

from browsing import Server, chromium_path, context_options, copy_home, launch, logins, wait_for_jobs

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is a journey."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all journeys; they are skipped where there is none."""
    with sync_playwright() as playwright:
        path = chromium_path(playwright)
        if path is None:
            pytest.skip("no Chromium on this machine, and none could be installed")
        browser = launch(playwright, path)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Company:
    """The stopped sample company: its data, and the password of each login by role."""

    home: Path
    logins: dict[str, tuple[str, str]]


@pytest.fixture(scope="package")
def company(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The sample company as `accord demo` makes it, made once."""
    home = tmp_path_factory.mktemp("company") / "home"
    with Server(home, ("demo",)):
        wait_for_jobs(home)
    return Company(home, logins(home))


def _served(company: Company, folder: Path) -> Iterator[Server]:
    with Server(copy_home(company.home, folder / "home")) as server:
        yield server


@pytest.fixture(scope="module")
def accord(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of one file, which see what the ones before them did."""
    yield from _served(company, tmp_path_factory.mktemp("accord"))


@pytest.fixture
def fresh_accord(company: Company, tmp_path: Path) -> Iterator[Server]:
    """A server for one test alone."""
    yield from _served(company, tmp_path)


@dataclass
class Watch:
    """What the browser complained of."""

    host: str = ""
    problems: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, pattern: str) -> None:
        """Announce a complaint that belongs to the test, as a regular expression."""
        self.expected.append(pattern)

    def look_at(self, context: BrowserContext) -> None:
        """Listen to every page of a context."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.problems.append(f"error in a script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.problems.append(f"console {message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:", "wss:")) and self.host not in request.url:
            self.problems.append(f"request to another host: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"answer {response.status}: {response.request.method} {response.url}")

    def unexpected(self) -> list[str]:
        return [p for p in self.problems if not any(re.search(pattern, p) for pattern in self.expected)]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Fails the test for what the browser complained of."""
    watching = Watch()
    yield watching
    assert not watching.unexpected(), "The browser complains:\n" + "\n".join(watching.unexpected())


@pytest.fixture
def open_context(
    chromium: Browser, watch: Watch, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., BrowserContext]]:
    """Makes a browser of its own cookies; a failed test keeps a picture of each of its pages."""
    contexts: list[BrowserContext] = []

    def made(server: Server, **options: object) -> BrowserContext:
        watch.host = server.url.removeprefix("http://")
        context = chromium.new_context(base_url=server.url, **{**context_options(), **options})
        context.set_default_timeout(15_000)
        watch.look_at(context)
        contexts.append(context)
        return context

    failed = request.session.testsfailed
    yield made
    for number, context in enumerate(contexts):
        for index, page in enumerate(context.pages):
            if request.session.testsfailed > failed:
                page.screenshot(path=tmp_path / f"page-{number}-{index}.png", full_page=True)
        context.close()


SignIn = Callable[..., Page]


@pytest.fixture
def sign_in(company: Company, open_context: Callable[..., BrowserContext], request: pytest.FixtureRequest) -> SignIn:
    """`sign_in("cio")`: a page that is logged in with that role; `server=` names another server."""

    def signed(role: str, server: Server | None = None, **options: object) -> Page:
        if server is None:
            name = "fresh_accord" if "fresh_accord" in request.fixturenames else "accord"
            server = request.getfixturevalue(name)
        email, password = company.logins[role]
        page = open_context(server, **options).new_page()
        page.goto("/account/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/login" not in url)
        return page

    return signed
