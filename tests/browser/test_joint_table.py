"""The joint table: they disagree on three initiatives, see what it costs, move a slider, and sign with a dissent."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

COMPUTED = 300_000
"""Milliseconds that the frontier, or the prices of all differences, may take on a busy machine."""
WORDS = "Promised to Harbour and Sons"
CIO = {"INI-C01": ("pin", WORDS), "INI-C02": ("pin", ""), "INI-S03": ("drop", "The copies that we have suffice")}
CISO = {"INI-C01": ("drop", "Too much at once"), "INI-S03": ("pin", "Against ransomware")}
POINT = "Only with a second line of support"


def _hand_in(page: Page, role: str, stances: dict[str, tuple[str, str]], weights: dict[str, str]) -> None:
    page.get_by_role("link", name="Your position").click()
    for key, weight in weights.items():
        page.locator(f"[name=weight_{key}]").fill(weight)
    for key, (kind, reason) in stances.items():
        page.locator(f"[name=kind_{key}]").select_option(kind)
        page.locator(f"[name=reason_{key}]").fill(reason)
    page.get_by_role("button", name=f"Hand in as {role}").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sitting")


def _propose(page: Page) -> str:
    page.goto("/frontier/")
    page.locator("main").get_by_role("link", name="Joint proposal").first.click()
    page.get_by_role("link", name="Propose").click()
    page.get_by_role("button", name="Propose").click()
    page.wait_for_url(re.compile("/decisions/DEC-"))
    return page.url


def _sign(page: Page, role: str, password: str, point: str = "", reason: str = "") -> None:
    page.get_by_role("link", name=f"Sign as {role}").click()
    if point:
        page.get_by_text("Sign with a reservation").click()
        page.locator("[name=point_1]").select_option(point)
        page.locator("[name=reason_1]").fill(reason)
    page.locator("input[name=password]").fill(password)
    page.get_by_role("button", name=f"Sign as {role}").click()
    expect(page.locator(f".key-{role.lower()}")).to_contain_text("Signed by")


def _even(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\N{ZERO WIDTH SPACE}", "").replace("\N{NO-BREAK SPACE}", " "))


def _of_pdf(path: Path) -> str:
    from pypdf import PdfReader

    return _even(" ".join(page.extract_text() for page in PdfReader(path).pages))


def _of_deck(path: Path) -> str:
    from pptx import Presentation

    found = []
    for slide in Presentation(str(path)).slides:
        found.append(slide.notes_slide.notes_text_frame.text)
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text)
            if shape.has_table:
                found += [cell.text for row in shape.table.rows for cell in row.cells]
    return _even(" ".join(found))


def _download(page: Page, name: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.locator(".page-actions, .page-head").get_by_role("link", name=name).first.click()
    download.value.save_as(path)
    return path


def test_they_disagree_see_what_it_costs_and_sign_with_a_dissent(
    fresh_accord, sign_in, company, tmp_path: Path
) -> None:
    cio, ciso = sign_in("cio"), sign_in("ciso")
    cio.goto("/frontier/")
    cio.get_by_role("heading", name="Side by side").wait_for(timeout=COMPUTED)
    for name in ("Today", "CIO alone", "CISO alone", "Budget split in two", "ROSI ranking", "Joint proposal"):
        expect(cio.locator("#side-by-side thead")).to_contain_text(name)

    # Both hand in, unseen.
    cio.goto("/joint-table/")
    cio.get_by_role("button", name="Open a sitting").click()
    sitting = cio.url
    _hand_in(cio, "CIO", CIO, {"G-COLD-FLOW": "12"})
    ciso.goto(sitting)
    expect(ciso.locator(".key-cio")).to_contain_text("Handed in")
    expect(ciso.locator("main")).not_to_contain_text(WORDS)
    ciso.goto(f"{sitting}position/cio/")
    expect(ciso.locator("main")).not_to_contain_text(WORDS)
    ciso.goto(sitting)
    _hand_in(ciso, "CISO", CISO, {"G-SAFE": "30"})

    # What each of the three differences costs, with its proof.
    ciso.locator("#initiatives").wait_for(timeout=COMPUTED)
    rows = ciso.locator("#initiatives tbody tr")
    expect(rows).to_have_count(6)
    expect(ciso.locator("#initiatives")).to_contain_text(WORDS)
    expect(ciso.locator("#in-short")).to_contain_text("You differ on 3 initiatives")
    for row in rows.all():
        expect(row).to_contain_text(re.compile(r"EUR\s[\d.]+.*EUR\s[\d.,]+(\s[kM])? to EUR\s[\d.,]+", re.DOTALL))
    expect(ciso.locator("#committed")).to_contain_text("What is shown is what was handed in")
    beside = ciso.locator("[id='said-initiative:INI-C01']")
    beside.locator("summary").click()
    beside.locator("textarea").fill("This one pays for itself.")
    beside.get_by_role("button", name="Add comment").click()
    expect(ciso.locator("[id='said-initiative:INI-C01']")).to_contain_text("This one pays for itself.")

    # A slider by keyboard: the value beside it, the answer and the address follow.
    cio.goto("/joint-table/what-if/")
    before = cio.locator("#answer-spent").inner_text()
    cio.locator("#id_budget").focus()
    for _ in range(20):
        cio.keyboard.press("ArrowLeft")
    expect(cio.locator("#out-budget")).to_have_text(re.compile("20.%"))
    expect(cio.locator("#answer-spent")).not_to_have_text(before)
    cio.wait_for_url(re.compile("budget=-20"))
    cio.locator("#id_mix").focus()
    cio.keyboard.press("End")
    expect(cio.locator("#out-mix")).to_have_text(re.compile("CISO 100.%"))
    cio.wait_for_url(re.compile("budget=-20&mix=100"))
    answered = cio.locator("#answer-value").inner_text()
    cio.reload()
    expect(cio.locator("#answer-value")).to_have_text(answered)
    expect(cio.locator("#id_budget")).to_have_value("-20")

    # Signed by both, one with a dissent on a point.
    decision = _propose(cio)
    _sign(cio, "CIO", company.logins["cio"][1])
    ciso.goto(decision)
    _sign(ciso, "CISO", company.logins["ciso"][1], "initiative:INI-C01", POINT)
    expect(ciso.locator(".subtitle")).to_contain_text("in force since")
    expect(ciso.locator("#reservations")).to_contain_text(POINT)
    expect(ciso.locator("#sitting")).to_contain_text(WORDS)
    expect(ciso.locator("#frozen-comments")).to_contain_text("This one pays for itself.")

    # Slides and PDF say the same, to the cent.
    cells = [_even(cell.inner_text()).strip() for cell in ciso.locator("[data-figure]").all()]
    assert len(cells) >= 5 and any(re.search(r"EUR [\d,]+\.\d\d$", text) for text in cells)
    pdf = _of_pdf(_download(ciso, "PDF", tmp_path / "decision.pdf"))
    deck = _of_deck(_download(ciso, "Slides", tmp_path / "decision.pptx"))
    for text in (*cells, POINT):
        assert text in pdf, text
        assert text in deck, text

    # Signed again, without a reservation: it takes the place of the first.
    again = _propose(ciso)
    assert again != decision
    _sign(ciso, "CISO", company.logins["ciso"][1])
    cio.goto(again)
    _sign(cio, "CIO", company.logins["cio"][1])
    expect(cio.locator(".subtitle")).to_contain_text("in force since")
    expect(cio.locator("#reservations")).to_have_count(0)
    cio.goto(decision)
    expect(cio.locator(".subtitle")).to_contain_text("Replaced")
    expect(cio.locator("#reservations")).to_contain_text(POINT)
