"""The daily watch as PDF: standards, every figure and line with its link, equal bytes, hostile texts."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import replace
from typing import Any, cast

from pypdf import PdfReader

from accord.outlet.watch_pdf import WatchFigure, WatchLine, WatchPaper, WatchPart, write_pdf

PAPER = WatchPaper(
    key="W-2026-11-25-1", title="Daily watch of 25 November 2026", organization="Example", period="One day",
    composed=dt.datetime(2026, 11, 25, 7, tzinfo=dt.UTC), hash="ab" * 32, url="https://accord.example/daily-watch/W/",
    sentences=["17 alerts wait to be judged."],
    parts=[
        WatchPart(
            "What waits", [WatchFigure("Alerts that wait", "17 alerts", "5 for 1 to 7 days", "https://accord.example/a/")],
            [WatchLine("A-000045 #strong[Second] factor", "nobody has it", "Critical", "https://accord.example/b/")],
        ),
        WatchPart("Hand-over notes", [], [], "No shift left a note.", "Of one day."),
    ],
)  # fmt: skip


def read(paper: WatchPaper) -> PdfReader:
    return PdfReader(io.BytesIO(write_pdf(paper)))


def test_declares_both_standards_and_says_everything() -> None:
    reader = read(PAPER)
    xmp = cast(Any, reader.trailer["/Root"])["/Metadata"].get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in xmp
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for said in (
        PAPER.title, PAPER.sentences[0], "17 alerts", "5 for 1 to 7 days", "Critical",
        "A-000045 #strong[Second] factor",
        "nobody has it", "No shift left a note.", "Of one day.", PAPER.hash[:32],
    ):  # fmt: skip
        assert said in text
    links = {
        cast(Any, one.get_object())["/A"]["/URI"]
        for page in reader.pages for one in cast(Any, page.get("/Annots", []))
    }  # fmt: skip
    assert links == {f"https://accord.example/{path}" for path in ("daily-watch/W/", "a/", "b/")}


def test_equal_papers_give_equal_bytes_and_a_bare_one_is_set() -> None:
    assert write_pdf(PAPER) == write_pdf(PAPER)
    assert len(read(replace(PAPER, parts=(), sentences=(), hash="", url="", title="")).pages) == 1


def test_texts_of_attackers_are_shown_and_never_obeyed() -> None:
    line = WatchLine("\u202ereversed \x00 \U0001f4a3 " + "x" * 5000, url="javascript:alert(1)")
    reader = read(replace(PAPER, parts=[WatchPart("P", [], [line] * 60)]))
    assert len(reader.pages) > 1
    assert not any("javascript" in str(cast(Any, page.get("/Annots", ""))) for page in reader.pages)
