"""The papers of a decision as PDF: standards, three pages at most, structure, every figure, equal bytes."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, cast

import pytest
from accord_papers import BARE, FULL, PAPER
from pypdf import PdfReader

from accord.outlet.decision import DecisionPaper
from accord.outlet.decision.pdf import PaperError, write_pdf

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="180" viewBox="0 0 300 180">
<text x="20" y="170" font-family="Arial, sans-serif">Loss</text></svg>"""
PICTURES = dict.fromkeys(PAPER.alternatives, SVG)


def read(paper: DecisionPaper, pictures: dict[str, bytes] | None = None) -> PdfReader:
    return PdfReader(io.BytesIO(write_pdf(paper, PICTURES if pictures is None else pictures)))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_declares_both_standards_and_is_tagged() -> None:
    reader = read(PAPER)
    root = cast(Any, reader.trailer["/Root"])
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean, not a Python one
    xmp = root["/Metadata"].get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in xmp
    assert reader.metadata is not None and reader.metadata.title == "The decision: Joint proposal 2027"


@pytest.mark.parametrize("paper", [PAPER, FULL, BARE])
def test_is_at_most_three_pages(paper: DecisionPaper) -> None:
    reader = read(paper)
    assert len(reader.pages) == (3 if paper.goals else 2)
    assert (round(reader.pages[0].mediabox.width), round(reader.pages[0].mediabox.height)) == (595, 842)


def test_every_figure_is_said() -> None:
    text = words(read(PAPER))
    for figure in PAPER.texts():
        assert figure in text
    assert "Ada Berger signed" in text and "two quarters too early" in text and PAPER.hash[:32] in text


def test_what_an_older_plan_does_not_keep_is_said() -> None:
    assert "It is not kept with this plan, or no input is uncertain." in words(read(replace(PAPER, swings=())))


def test_each_chart_says_the_same_in_words() -> None:
    found: list[str] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                found.append(str(node["/Alt"]))
            if "/K" in node:
                walk(node["/K"])

    walk(cast(Any, read(PAPER).trailer["/Root"])["/StructTreeRoot"])
    assert sorted(found) == sorted(PAPER.alternatives.values())


def test_equal_papers_give_equal_bytes_and_others_do_not() -> None:
    assert write_pdf(PAPER, PICTURES) == write_pdf(replace(PAPER), PICTURES)
    assert write_pdf(PAPER, PICTURES) != write_pdf(replace(PAPER, title="Another"), PICTURES)


def test_text_is_never_markup() -> None:
    hostile = '#panic("x") *bold* $x^2$ <label> @ref \\ `raw` // c [a]'
    paper = replace(PAPER, title=hostile, why=hostile, bars=[replace(PAPER.bars[0], name=hostile)])
    assert words(read(paper)).count('#panic("x") *bold* $x^2$ <label> @ref \\ `raw` // c [a]') == 2


def test_missing_pictures_are_left_out() -> None:
    assert len(read(PAPER, {}).pages) <= 3


@pytest.mark.parametrize(("svg", "problem"), [(b"\xff\xfe", "UTF-8"), (b"no svg", "could not be set")])
def test_what_is_no_picture_is_refused(svg: bytes, problem: str) -> None:
    with pytest.raises(PaperError, match=problem):
        write_pdf(PAPER, {"curves": svg})
