"""One page of each kind is usable with a keyboard, a screen reader and weak eyes: light, dark and 320 pixels wide.

What is looked for stands in `accessible.js`; the last test shows that each fault would be found.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from browsing import DRAWN

LOOK = (Path(__file__).parent / "accessible.js").read_text(encoding="utf-8")
LOOK = LOOK[LOOK.index("() =>") :]
# A home, lists with filters and acts, objects, forms, histories, charts, a matrix, a signed paper, a brief.
PAGES = (
    "/", "/findings/", "/findings/?state=open&q=update", "/systems/", "/systems/SYS-MAIL/",
    "/systems/-/history/SYS-MAIL/",
    "/campaigns/new/", "/scans/import/", "/coverage/", "/paths/", "/fixes/", "/fixes/deadlines/", "/priority/",
    "/patch-plans/", "/loss/", "/hazard/", "/appetite/", "/frontier/", "/joint-table/", "/plans/F1-JOINT/",
    "/sheets/SHEET-0001/", "/brief/", "/ledger/", "/jobs/", "/feeds/", "/triage/",
)  # fmt: skip
FAULTS = """<!doctype html><html><head><title>x</title></head><body style="background: #fff; margin: 0">
<h1>One</h1><h3>Three</h3><p id="twice" style="color: #999">pale</p><p id="twice" style="opacity: .4">faint</p>
<button></button><input type="text"><a href="/x"><img src="data:,"></a><div style="width: 3000px">wide</div>
</body></html>"""


def _faults(page: Page, address: str) -> list[str]:
    answer = page.goto(address)
    assert answer is not None and answer.ok, f"{address}: {answer and answer.status}"
    page.wait_for_function(DRAWN)
    return [f"{address}: {fault}" for fault in page.evaluate(LOOK)]


@pytest.mark.parametrize(
    ("scheme", "width", "height"), [("light", 1440, 900), ("dark", 1440, 900), ("light", 320, 800)]
)
def test_a_page_of_each_kind_has_no_fault(scheme: str, width: int, height: int, sign_in) -> None:
    page = sign_in("ciso", color_scheme=scheme, viewport={"width": width, "height": height})
    faults = [fault for address in PAGES for fault in _faults(page, address)]
    assert not faults, "\n".join(faults)


def test_the_log_in_page_has_no_fault(accord, open_context) -> None:
    page = open_context(accord, viewport={"width": 320, "height": 800}).new_page()
    assert not _faults(page, "/account/login/")


def test_each_fault_is_found(accord, open_context) -> None:
    page = open_context(accord).new_page()
    page.set_content(FAULTS)
    found = page.evaluate(LOOK)
    for words in ("no name: button", "no name: input", "no name: a", "no alternative: img",
                  "level 1 is followed by: h3",
                  "twice on the page: #twice", "contrast 2.85: p#twice", "pixels wider than the window",
                  "the page names no language"):  # fmt: skip
        assert any(words in one for one in found), (words, found)
    assert any(one.startswith("contrast") and "faint" in one for one in found), found
