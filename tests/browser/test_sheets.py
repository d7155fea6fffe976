"""A sheet in the browser: an insurance is filled in, computed, proposed and signed by both; the look back knows it."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

COMPUTED = 60_000
"""Milliseconds that the options may take on a busy machine."""


def _sign(page: Page, role: str, password: str) -> None:
    page.get_by_role("link", name=f"Sign as {role}").click()
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()


def test_an_insurance_is_proposed_and_signed_by_both(fresh_accord, sign_in, company, watch) -> None:
    watch.expect("status of 422")  # the layers that overlap below
    cio = sign_in("cio")
    cio.goto("/sheets/-/new/insurance/")
    cio.get_by_label("Title of the sheet").fill("Cover for next year")
    for name, value in (
        ("layers_0_name", "First"), ("layers_0_attachment", "1000000"), ("layers_0_limit", "5000000"),
        ("layers_0_premium", "900000"), ("layers_1_name", "Second"), ("layers_1_attachment", "4000000"),
        ("layers_1_limit", "6000000"),
    ):  # fmt: skip
        cio.locator(f"input[name={name}]").fill(value)
    cio.get_by_role("button", name="Compute the options").click()
    expect(cio.locator("main")).to_contain_text("inside of First")
    cio.locator("input[name=layers_1_attachment]").fill("6000000")
    cio.get_by_role("button", name="Compute the options").click()
    cio.wait_for_url(re.compile("/sheets/SHEET-"))
    sheet = cio.url
    # A worker computes; the page shows the options by itself.
    expect(cio.get_by_role("heading", name="Options side by side")).to_be_visible(timeout=COMPUTED)
    expect(cio.locator("#missing")).to_contain_text("Second: its premium is unknown")
    cio.get_by_label("First", exact=True).check()
    cio.get_by_role("button", name="Propose").click()
    expect(cio.locator("main")).to_contain_text("Proposed: First")
    _sign(cio, "CIO", company.logins["cio"][1])
    expect(cio.locator(".key-cio")).to_contain_text("Signed by")

    ciso = sign_in("ciso")
    expect(ciso.locator("main")).to_contain_text("Cover for next year")
    ciso.goto(sheet)
    _sign(ciso, "CISO", company.logins["ciso"][1])
    expect(ciso.locator(".subtitle")).to_contain_text("in force since")
    expect(ciso.get_by_role("heading", name="Decided: First")).to_be_visible()

    board = sign_in("board")
    board.goto("/look-back/")
    expect(board.locator("#decided")).to_contain_text("Cover for next year")
    expect(board.locator("#decided a")).to_have_count(0)
