"""The brief as PDF: standards, structure, one page, equal bytes, and text that stays text."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from accord.outlet.brief_pdf import (
    BoardBrief,
    BriefError,
    Chart,
    DecisionAsked,
    Fact,
    PlanLine,
    ScenarioLine,
    write_brief,
)
from accord.outlet.typeset import SHOWN, shown

SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="300" height="180" viewBox="0 0 300 180">
<path d="M10 10 L290 170" stroke="#0b5557" fill="none"/>
<text x="20" y="170" font-family="Arial, sans-serif" style="font-family: Verdana">Loss</text></svg>"""

ADDRESS = "https://accord.example.com/risk/run/7?as_of=2027-03-31"
BRIEF = BoardBrief(
    title="Brief to the board",
    organization="Example SE",
    as_of=date(2027, 3, 31),
    as_of_words="As of 31 March 2027",
    status="The plan is in force.",
    facts=[
        Fact("What we expect to lose in a year", "EUR 3.4 M", "EUR 2.9 M to 4.1 M", "25 scenarios", ADDRESS),
        Fact("Weight of goals carried", "unknown"),
    ],
    chart=Chart(SVG, "The curve falls from 97 % to 1 %."),
    scenarios=[ScenarioLine("Ransomware", "once in 6 years", "EUR 1.2 M", ADDRESS)],
    plan=[PlanLine("New booking", "on time", "2027-Q4", "EUR 1.4 M", "EUR 0.6 M", ADDRESS)],
    plan_note="1 of 9 initiatives.",
    decisions=[DecisionAsked("Approve the budget.", ADDRESS)],
    footer=["Reading grade 8.1", "Confidential"],
    description="One page",
)
FULL = replace(
    BRIEF,
    title="W" * 300,
    chart=Chart(SVG.replace(b"300", b"30"), "Narrow and tall."),
    status="word " * 200,
    facts=[Fact("label words " * 30, "EUR 999.99 M of EUR 1,000 M", "x " * 60, "source " * 40)] * 7,
    scenarios=[ScenarioLine("scenario words " * 20, "once in 100 years or so", "EUR 1,000.2 M")] * 5,
    plan=[PlanLine("initiative words " * 20, "two quarters late", "2027-Q4", "EUR 1.4 M", "EUR 0.6 M")] * 8,
    decisions=[DecisionAsked("decide " * 100)] * 5,
    footer=["foot " * 60] * 3,
)


def read(brief: BoardBrief) -> PdfReader:
    return PdfReader(io.BytesIO(write_brief(brief)))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def elements(reader: PdfReader) -> list[DictionaryObject]:
    """Every structure element of the document, in reading order."""
    found: list[DictionaryObject] = []

    def walk(node: Any) -> None:
        node = node.get_object()
        if isinstance(node, ArrayObject):
            for child in node:
                walk(child)
        elif isinstance(node, DictionaryObject):
            if "/S" in node:
                found.append(node)
            if "/K" in node:
                walk(node["/K"])

    walk(cast(DictionaryObject, reader.trailer["/Root"])["/StructTreeRoot"])
    return found


def test_declares_both_standards_and_is_tagged() -> None:
    reader = read(BRIEF)
    root = cast(Any, reader.trailer["/Root"])
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean, not a Python one
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    assert root["/OutputIntents"]
    xmp = root["/Metadata"].get_data().decode()
    for claim in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert claim in xmp
    assert reader.pdf_header == "%PDF-1.7"
    assert reader.metadata is not None
    assert reader.metadata.title == "Brief to the board"
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == date(2027, 3, 31)


def test_every_font_is_embedded() -> None:
    fonts = cast(Any, read(BRIEF).pages[0])["/Resources"]["/Font"]
    for font in fonts.values():
        descriptor = font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
        assert "Libertinus" in descriptor["/FontName"]


def test_structure_has_headings_tables_and_the_charts_words() -> None:
    reader = read(BRIEF)
    kinds = [str(element["/S"]) for element in elements(reader)]
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") == 5
    assert kinds.count("/Table") == 2
    assert kinds.count("/TH") == 3 + 5
    assert "/L" in kinds and "/Figure" in kinds
    figure = next(element for element in elements(reader) if element["/S"] == "/Figure")
    assert figure["/Alt"] == "The curve falls from 97 % to 1 %."
    assert kinds.count("/Link") == 4


def test_every_linked_number_leads_to_its_rows() -> None:
    page = cast(Any, read(BRIEF).pages[0])
    addresses = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert addresses == [ADDRESS] * 4


def test_everything_is_said() -> None:
    text = words(read(BRIEF))
    for part in ("EUR 3.4 M", "EUR 2.9 M to 4.1 M", "unknown", "once in 6 years", "New booking", "Approve", "1 of 9"):
        assert part in text
    assert "Reading grade 8.1" in text


def test_equal_briefs_give_equal_bytes_and_others_do_not() -> None:
    assert write_brief(BRIEF) == write_brief(replace(BRIEF))
    assert write_brief(BRIEF) != write_brief(replace(BRIEF, as_of=date(2027, 4, 1)))


@pytest.mark.parametrize("brief", [BRIEF, FULL, replace(BRIEF, chart=None, scenarios=(), plan=(), decisions=())])
def test_is_one_page_of_a4(brief: BoardBrief) -> None:
    reader = read(brief)
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


def test_text_is_never_markup() -> None:
    hostile = '#panic("x") *bold* $x^2$ <label> @ref \\ `raw` // c #sys.inputs [a] https://evil.example {{ }} "'
    reader = read(replace(BRIEF, title=hostile, decisions=[DecisionAsked(hostile)]))
    assert words(reader).count('#panic("x") *bold* $x^2$ <label> @ref \\ `raw` // c') == 2
    page = cast(Any, reader.pages[0])
    assert {note.get_object()["/A"]["/URI"] for note in page["/Annots"]} == {ADDRESS}


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "/risk/", "https://a b", "data:x"])
def test_only_web_addresses_become_links(url: str) -> None:
    page = cast(Any, read(replace(BRIEF, facts=[Fact("a", "1", url=url)], chart=None)).pages[0])
    assert all(note.get_object()["/A"]["/URI"] == ADDRESS for note in page["/Annots"])


@settings(deadline=None, max_examples=40)
@given(st.text(min_size=1, max_size=120).filter(lambda text: shown(text, 90)))
def test_any_text_can_be_set(text: str) -> None:
    chart = Chart(SVG, text)
    brief = replace(BRIEF, title=text, organization=text, status=text, footer=[text], chart=chart)
    assert len(read(replace(brief, facts=[Fact(text, text, text, text, text)])).pages) == 1


def test_every_sign_that_is_let_through_has_a_glyph() -> None:
    signs = [chr(code) for first, last in SHOWN for code in range(first, last + 1)]
    for start in range(0, len(signs), 200):
        rows = ["".join(signs[start + i : start + i + 40]) for i in range(0, 200, 40)]
        write_brief(replace(BRIEF, decisions=[DecisionAsked(row) for row in rows], chart=None))


def test_signs_without_a_glyph_become_a_box_or_their_plain_form() -> None:
    text = words(read(replace(BRIEF, status="日本 \uff21\uff22 \U0001f600 a\u202eb")))
    assert "□□ AB □ ab" in text


def test_long_texts_end_in_an_ellipsis() -> None:
    text = words(read(FULL))
    assert "…" in text


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"facts": [Fact("a", "1")] * 8}, "8 statements, but the page holds 7"),
        ({"scenarios": [ScenarioLine("a", "b", "c")] * 6}, "6 scenarios"),
        ({"title": " "}, "needs a title"),
        ({"chart": Chart(SVG, "")}, "alternative text"),
        ({"chart": Chart(b"\xff\xfe", "x")}, "UTF-8"),
        ({"chart": Chart(b"no svg", "x")}, "could not be set"),
        ({"chart": Chart(b'<!DOCTYPE s [<!ENTITY a "b">]><svg>&a;&c;</svg>', "x")}, "could not be set"),
    ],
)
def test_what_cannot_be_set_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(BriefError, match=problem):
        write_brief(replace(BRIEF, **changes))
