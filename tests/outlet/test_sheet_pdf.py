"""A sheet as PDF: standards, every figure, equal bytes, and refusals that say what is wrong."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any, cast

import pytest
from pypdf import PdfReader

from accord.outlet.sheet_pdf import SheetPaper, SheetPaperError, write_pdf

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="180" viewBox="0 0 300 180">
<text x="20" y="170" font-family="Arial, sans-serif">Days</text></svg>"""
PAPER = SheetPaper(
    key="SHEET-0007", title="Web server #1 & *more*", organization="Example", status="In force: Patch in the window.",
    why="Because", as_of=dt.date(2026, 5, 4), hash="ab" * 32, url="https://accord.example/sheets/SHEET-0007/",
    figures=[("Waiting costs a day", "EUR 1.20 k", "EUR 300 to EUR 5.00 k")],
    options=["Patch now", "Window (chosen)"], rows=[("Expected cost", ["EUR 9 k", "EUR 4 k"])],
    lines=["Leaving it as it is costs about EUR 1.20 k a day."], missing=["The chance of failing is unknown."],
    sources=["Counted from 4 May 2026."], keys=[("CIO, by the owner in IT", "signed", "Ida signed."),
                                                ("CISO", "waiting", "Has not signed.")],
    picture=SVG, caption="Cost by day", alternative="A line rises.", after=[("Downtime", "2 h", "3 h")],
)  # fmt: skip


def read(paper: SheetPaper) -> PdfReader:
    return PdfReader(io.BytesIO(write_pdf(paper)))


def test_declares_both_standards_and_says_everything() -> None:
    reader = read(PAPER)
    xmp = cast(Any, reader.trailer["/Root"])["/Metadata"].get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in xmp
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        PAPER.title, "EUR 1.20 k", "EUR 300 to EUR 5.00 k", "Window (chosen)", "EUR 4 k", "by the owner in IT",
        "What really happened", "3 h", "The chance of failing is unknown.", "Counted from 4 May 2026.", PAPER.hash[:32],
    ):  # fmt: skip
        assert said in text


def test_equal_papers_give_equal_bytes_and_a_bare_one_is_set() -> None:
    assert write_pdf(PAPER) == write_pdf(PAPER)
    bare = replace(PAPER, figures=(), rows=(), options=(), lines=(), missing=(), sources=(), keys=(), picture=b"",
                   after=(), hash="", url="")  # fmt: skip
    assert len(read(bare).pages) == 1


def test_what_cannot_be_set_is_refused_in_words() -> None:
    with pytest.raises(SheetPaperError, match="not UTF-8"):
        write_pdf(replace(PAPER, picture=b"\xff\xfe"))
    with pytest.raises(SheetPaperError, match="9 options do not fit"):
        write_pdf(replace(PAPER, options=["x"] * 9, rows=[("Cost", ["1"] * 9)]))
