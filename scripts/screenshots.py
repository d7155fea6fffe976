"""Draw the pictures in docs/images from the sample company: `make screenshots`.

    python scripts/screenshots.py [NAME …]

Each picture is a page of `SCREENS` as its role sees it; those of `ALSO` are drawn in the dark and phone-wide too.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from browsing import DRAWN, Server, chromium_path, context_options, launch, logins, wait_for_jobs

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"


@dataclass(frozen=True)
class Screen:
    """One picture: its name, whose it is, and the address; `follow` is a link there that is gone along first."""

    name: str
    role: str
    path: str
    also: bool = False
    follow: str = ""


SCREENS = (
    Screen("home-cio", "cio", "/", also=True),
    Screen("home-ciso", "ciso", "/", also=True),
    Screen("frontier", "cio", "/frontier/", also=True),
    Screen("findings", "ciso", "/findings/"),
    Screen("loss", "ciso", "/loss/"),
    Screen("brief", "cio", "/brief/"),
    Screen("alerts", "analyst", "/alerts/?state=new&state=open"),
    Screen("triage", "analyst", "/alerts/?state=new&state=open", follow="#list-region tbody th a"),
    Screen("not-watched", "ciso", "/not-watched/"),
    Screen("daily-watch", "ciso", "/daily-watch/", also=True),
)
WAYS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("", {}),
    ("-dark", {"scheme": "dark"}),
    ("-phone", {"width": 390, "height": 844}),
)


def sign_in(context: BrowserContext, email: str, password: str) -> None:
    """Log in on a page that is closed again; the context keeps the session."""
    page = context.new_page()
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.close()


def draw(browser: Browser, server: Server, screen: Screen, login: tuple[str, str]) -> None:
    """Take the pictures of one screen."""
    for suffix, way in WAYS if screen.also else WAYS[:1]:
        context = browser.new_context(base_url=server.url, device_scale_factor=1.5, **context_options(**way))
        sign_in(context, *login)
        page = context.new_page()
        answer = page.goto(screen.path)
        if answer is None or not answer.ok:
            raise SystemExit(f"{screen.name}: {screen.path} answers {answer and answer.status}")
        if screen.follow:
            page.locator(screen.follow).first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_function(DRAWN)
        page.screenshot(path=IMAGES / f"{screen.name}{suffix}.png", animations="disabled")
        context.close()
        print(f"docs/images/{screen.name}{suffix}.png")


def main(names: list[str]) -> int:
    """Start the sample company, draw the named screens (all by default)."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chosen = [screen for screen in SCREENS if not names or screen.name in names]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = chromium_path(playwright)
        if path is None:
            print("There is no Chromium here: scripts/chromium.sh", file=sys.stderr)
            return 1
        home = Path(folder) / "home"
        with Server(home, ("demo",)) as server:
            wait_for_jobs(home)
            known = logins(home)
            browser = launch(playwright, path)
            for screen in chosen:
                draw(browser, server, screen, known[screen.role])
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
