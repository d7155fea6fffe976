"""The slides of a decision: three of them, native charts with their numbers, texts within the slide, equal bytes."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from accord_papers import BARE, FULL, PAPER
from pptx import Presentation
from pptx.util import Inches, Pt

from accord.outlet.decision import DecisionPaper
from accord.outlet.decision.deck import write_deck

PAPERS = {"usual": PAPER, "bare": BARE, "full": FULL}


def opened(paper: DecisionPaper) -> Any:
    return Presentation(io.BytesIO(write_deck(paper)))


def said(slide: Any) -> str:
    """Every text of a slide: boxes, tables, and the labels of its charts."""
    found = []
    for shape in slide.shapes:
        if shape.has_text_frame:
            found.append(shape.text_frame.text)
        if shape.has_table:
            found += [cell.text for row in shape.table.rows for cell in row.cells]
        if shape.has_chart:
            found += [node.text or "" for node in shape.chart._chartSpace.iter() if node.tag.endswith("}t")]
    return "\n".join(found)


def charts(paper: DecisionPaper) -> dict[str, Any]:
    return {shape.name: shape.chart for slide in opened(paper).slides for shape in slide.shapes if shape.has_chart}


@pytest.mark.parametrize("name", list(PAPERS))
def test_three_slides_of_sixteen_to_nine_with_titles(name: str) -> None:
    deck = opened(PAPERS[name])
    assert len(deck.slides) == 3
    assert deck.slide_width / deck.slide_height == pytest.approx(16 / 9, rel=1e-3)
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text.strip()


@pytest.mark.parametrize("name", list(PAPERS))
def test_nothing_leaves_the_slide_and_no_text_its_box(name: str) -> None:
    deck = opened(PAPERS[name])
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0
            assert shape.left + shape.width <= deck.slide_width and shape.top + shape.height <= deck.slide_height
            if shape.has_text_frame and shape.text_frame.text:
                assert height_of(shape) <= shape.height + Pt(2), shape.text_frame.text


def height_of(shape: Any) -> int:
    """The height that its lines take at most: letters half as wide as high, which is more than Arial's average."""
    total = 0.0
    for paragraph in shape.text_frame.paragraphs:
        size = max(run.font.size for run in paragraph.runs)
        letters = max(1, int(shape.width / (0.5 * size)))
        total += 1.2 * size * -(-len(paragraph.text) // letters)
    return int(total)


def test_no_two_things_on_a_slide_lie_on_each_other() -> None:
    for slide in opened(PAPER).slides:
        shapes = [shape for shape in slide.shapes if not shape.has_text_frame]
        for n, one in enumerate(shapes):
            for other in shapes[n + 1 :]:
                apart = (
                    one.left + one.width <= other.left or other.left + other.width <= one.left
                    or one.top + one.height <= other.top + Inches(0.02)
                    or other.top + other.height <= one.top + Inches(0.02)
                )  # fmt: skip
                assert apart, (one.name, other.name)


def test_every_figure_is_on_the_slides_or_in_their_notes() -> None:
    deck = opened(PAPER)
    whole = "\n".join(said(slide) + slide.notes_slide.notes_text_frame.text for slide in deck.slides)
    for text in PAPER.texts():
        assert text in whole


def test_figures_of_plans_steps_and_bars_are_on_the_slides_themselves() -> None:
    first, second, third = (said(slide) for slide in opened(PAPER).slides)
    for row in PAPER.beside:
        assert all(text in first for text in (row.name, row.value_text, row.loss_text, row.money_text, row.more_loss))
    assert all(step.text in second for step in PAPER.steps)
    assert all(bar.money_text in third for bar in PAPER.bars)
    assert "Ada Berger signed" in third and "two quarters too early" in third


def test_charts_are_native_and_hold_their_numbers() -> None:
    found = charts(PAPER)
    assert set(found) == {
        "Value against loss", "Loss in a year", "Loss by initiative", "What starts when", "Capital", "Running cost",
        "Network engineer", "Security architect", "Developer", "What drives the loss", "Goals: loss", "Goals: value",
    }  # fmt: skip
    curves = {series.name: series for series in found["Loss in a year"].plots[0].series}
    assert list(curves)[:3] == ["Today", "With the plan, all done", "Risk appetite"]
    assert list(curves["Today"].values) == pytest.approx([y for _, y in PAPER.curves[0].points])
    marks = {series.name: list(series.values) for series in found["Value against loss"].plots[0].series}
    assert marks["Joint proposal"] == [pytest.approx(0.4713)] and len(marks) == 7


def test_the_native_waterfall_ends_where_its_steps_lead() -> None:
    plot = charts(PAPER)["Loss by initiative"].plots[0]
    series = {one.name: list(one.values) for one in plot.series}
    level = 0.0
    for n, step in enumerate(PAPER.steps):
        start, end = (0.0, step.amount) if step.total else (level, level + step.amount)
        level = end
        assert series["Begins at"][n] == pytest.approx(min(start, end))
        drawn = sum(series[kind][n] for kind in ("Total", "Less loss", "More loss"))
        assert drawn == pytest.approx(abs(end - start), abs=1e-6)
    assert series["Less loss"][1] > 0 and series["More loss"][1] == 0


def test_the_native_tornado_stands_on_the_loss_as_it_is() -> None:
    series = {one.name: list(one.values) for one in charts(PAPER)["What drives the loss"].plots[0].series}
    for n, row in enumerate(PAPER.swings):
        assert series["Begins at"][n] == pytest.approx(row.low)
        assert series["Begins at"][n] + series["Less loss"][n] == pytest.approx(row.value)
        assert row.value + series["More loss"][n] == pytest.approx(row.high)


def test_an_input_with_less_loss_at_its_high_end_is_drawn_the_same_way_round() -> None:
    row = PAPER.swings[0]
    turned = replace(row, low=row.high, high=row.low, low_text=row.high_text, high_text=row.low_text)
    deck = {name: charts(replace(PAPER, swings=[one])) for name, one in (("usual", row), ("turned", turned))}
    drawn = [
        {one.name: list(one.values) for one in found["What drives the loss"].plots[0].series} for found in deck.values()
    ]
    assert drawn[0] == drawn[1]


def test_the_native_map_of_goals_holds_loss_and_value_and_leaves_the_unknown_empty() -> None:
    found = charts(PAPER)
    loss = {one.name: list(one.values) for one in found["Goals: loss"].plots[0].series}
    value = {one.name: list(one.values) for one in found["Goals: value"].plots[0].series}
    for n, goal in enumerate(PAPER.goals):
        assert value["Gap closed"][n] == pytest.approx(goal.attained)
        if goal.today is None or goal.after is None:
            assert loss["Left"][n] is None and loss["Avoided"][n] is None and loss["Added"][n] is None
        else:
            assert loss["Left"][n] + loss["Avoided"][n] == pytest.approx(goal.today)
            assert loss["Left"][n] + loss["Added"][n] == pytest.approx(goal.after)
    assert sum(x > 0 for x in loss["Added"] if x is not None) == 2


def test_slides_say_what_they_leave_out() -> None:
    more = replace(PAPER, goals=[*PAPER.goals, *PAPER.goals])
    assert "2 of less weight are on the page in Accord." in said(opened(more).slides[1])
    assert "1 further skill on the page in Accord." in said(opened(PAPER).slides[2])
    assert "further skill" not in said(opened(replace(PAPER, people=PAPER.people[:3])).slides[2])


def test_slides_say_what_an_older_plan_does_not_keep() -> None:
    second = said(opened(replace(PAPER, swings=())).slides[1])
    assert "What drives the loss is not kept with this plan, or no input is uncertain." in second


def test_the_native_gantt_begins_and_ends_with_the_quarters() -> None:
    plot = charts(PAPER)["What starts when"].plots[0]
    series = {one.name: list(one.values) for one in plot.series}
    epoch = date(1899, 12, 30)
    assert series["Begins"][0] == (date(2027, 1, 1) - epoch).days
    assert series["CISO"][0] == (date(2028, 1, 1) - date(2027, 1, 1)).days and series["CIO"][0] == 0


def test_the_line_of_what_there_is_stands_on_the_axes_of_the_columns() -> None:
    chart = charts(PAPER)["Network engineer"]
    columns, line = chart.plots
    assert [one.name for one in columns.series] == ["Used"]
    assert [one.name for one in line.series] == ["There is"] and list(line.series[0].values) == [2.0] * 12


def test_every_picture_and_table_has_a_text_and_every_slide_sources_and_date() -> None:
    for slide in opened(PAPER).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert shape._element.nvGraphicFramePr.cNvPr.get("descr")
        notes = slide.notes_slide.notes_text_frame.text
        assert "As of 3 February 2027." in notes and PAPER.hash in notes
        assert all(source in notes for source in PAPER.sources)


def test_equal_papers_give_equal_bytes_and_others_do_not() -> None:
    assert write_deck(PAPER) == write_deck(replace(PAPER))
    assert write_deck(PAPER) != write_deck(replace(PAPER, title="Another"))


def test_the_package_holds_no_time_but_its_date() -> None:
    with zipfile.ZipFile(io.BytesIO(write_deck(PAPER))) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        sheets = [name for name in package.namelist() if name.endswith(".xlsx")]
        assert sheets
        with zipfile.ZipFile(io.BytesIO(package.read(sheets[0]))) as sheet:
            assert b"2027-02-03T00:00:00Z" in sheet.read("docProps/core.xml")


def test_only_fonts_that_every_office_has() -> None:
    for slide in opened(PAPER).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                fonts = {run.font.name for paragraph in shape.text_frame.paragraphs for run in paragraph.runs}
                assert fonts <= {"Arial"}


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "<b>&amp;", "\u202eevil", "\x07bell", "日本"])
def test_any_text_can_stand_on_a_slide(text: str) -> None:
    bars = [replace(PAPER.bars[0], name=text)]
    beside = [replace(row, name=f"{text}{n}") for n, row in enumerate(PAPER.beside)]
    deck = opened(replace(PAPER, title=text, why=text, organization=text, bars=bars, beside=beside))
    assert len(deck.slides) == 3
