"""The main journey: the CIO proposes the joint plan and signs, the CISO signs, the brief says so and is downloaded."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

COMPUTED = 240_000
"""Milliseconds that the frontier may take on a busy machine."""


def _sign(page: Page, role: str, password: str) -> None:
    page.get_by_role("link", name=f"Sign as {role}").click()
    page.locator("input[name=password]").fill(password)
    page.locator("main form button[type=submit]").first.click()


def test_the_joint_plan_needs_two_keys_and_then_stands_in_the_brief(
    fresh_accord, sign_in, company, watch, tmp_path: Path
) -> None:
    watch.expect("status of 422")  # the wrong password below
    cio = sign_in("cio")
    cio.goto("/frontier/")
    cio.get_by_role("heading", name="Side by side").wait_for(timeout=COMPUTED)
    for name in ("CIO alone", "CISO alone", "Joint proposal"):
        expect(cio.get_by_role("link", name=name).first).to_be_visible()
    expect(cio.locator("figure.chart svg, figure.chart canvas").first).to_be_visible()

    cio.get_by_role("link", name="Joint proposal").first.click()
    expect(cio.get_by_role("heading", level=1)).to_contain_text("Joint proposal")
    cio.get_by_role("link", name="Propose").click()
    cio.get_by_role("button", name="Propose").click()
    cio.wait_for_url(re.compile("/decisions/DEC-"))
    decision = cio.url
    _sign(cio, "CIO", "not my password at all")
    expect(cio.locator("main")).to_contain_text("not your password")
    cio.goto(decision)
    _sign(cio, "CIO", company.logins["cio"][1])
    expect(cio.locator(".key-cio")).to_contain_text("Signed by")
    expect(cio.locator(".key-ciso")).to_contain_text("Waits for")

    cio.goto("/brief/")
    expect(cio.locator("main")).to_contain_text("No plan is in force")

    ciso = sign_in("ciso")
    expect(ciso.locator("main")).to_contain_text("key")
    ciso.goto(decision)
    _sign(ciso, "CISO", company.logins["ciso"][1])
    expect(ciso.locator(".subtitle")).to_contain_text("in force since")
    ciso.locator("main").get_by_role("link", name="Tracking").click()
    expect(ciso.get_by_role("heading", level=1)).to_be_visible()

    ciso.goto("/brief/")
    expect(ciso.locator("main")).not_to_contain_text("No plan is in force")
    with ciso.expect_download() as download:
        ciso.get_by_role("link", name="PDF").click()
    path = tmp_path / "brief.pdf"
    download.value.save_as(path)
    from pypdf import PdfReader

    document = PdfReader(path)
    words = "".join(page.extract_text() for page in document.pages)
    assert len(document.pages) == 1
    assert "in force" in words
    assert "/StructTreeRoot" in document.trailer["/Root"]

    auditor = sign_in("auditor")
    auditor.goto(decision)
    expect(auditor.locator(".key-cio")).to_contain_text("Signed by")
    expect(auditor.get_by_role("link", name=re.compile("Sign as"))).to_have_count(0)
    auditor.goto("/ledger/")
    auditor.get_by_role("button", name="Verify the chain").click()
    expect(auditor.locator("#messages")).to_contain_text("The chain holds")
