"""Three slides, "the decision": what is decided and why, the loss before and after, the plan with its keys.

The charts are PowerPoint's own, so that they can be opened and edited; each has a text that says the same, and the
notes of each slide name sources and date.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

from accord.outlet.decision import drivers, native
from accord.outlet.decision.native import COLOURS, FONT, INK, QUIET, Place, Slide
from accord.outlet.decision.records import DecisionPaper, Figure, Resource

Presentation = Any
WIDTH, HEIGHT, EDGE = 13.333, 7.5, 0.5
LETTER = 0.56
"""Width of a letter of Arial in units of its size, on average and not less."""
MOST_SKILLS = 3
MOST_POINTS = 3
HEADS = ("Plan", "Strategic value", "Expected loss a year", "Money over the horizon", "Initiatives",
         "Less value than joint, points", "More loss a year than joint")  # fmt: skip
COLUMNS = (1.75, 0.85, 1.25, 1.3, 0.85, 1.0, 1.25)
_CREATED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def write_deck(paper: DecisionPaper) -> bytes:
    """Return the slides as PPTX (ECMA-376), 16:9; equal papers give equal bytes."""
    from pptx import Presentation as new
    from pptx.util import Inches

    paper = _plain(paper)
    deck: Presentation = new()
    deck.slide_width, deck.slide_height = Inches(WIDTH), Inches(HEIGHT)
    _theme(deck)
    _first(deck, paper)
    _second(deck, paper)
    _third(deck, paper)
    moment = datetime(paper.as_of.year, paper.as_of.month, paper.as_of.day, tzinfo=UTC)
    about = deck.core_properties
    about.title, about.author, about.subject = paper.title[:200], paper.organization[:200], f"Decision {paper.key}"
    about.last_modified_by, about.language = paper.organization[:200], paper.language
    about.created = about.modified = moment.replace(tzinfo=None)
    about.revision = 1
    raw = io.BytesIO()
    deck.save(raw)
    return _settled(raw.getvalue(), moment)


def _plain(value: Any) -> Any:
    """The same records with texts that XML can hold: without control characters and marks that turn the writing."""
    if isinstance(value, str):
        return "".join(sign for sign in value if sign == "\n" or unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _plain(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _settled(content: bytes, moment: datetime) -> bytes:
    """The same package without the time of its making, also in the sheets inside of it."""
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith(".xlsx"):
                part = _settled(part, moment)
            elif name.endswith("docProps/core.xml"):
                part = _CREATED.sub(rb"\g<1>" + stamp + rb"\g<3>", part)
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(entry, part)
    return out.getvalue()


def _theme(deck: Presentation) -> None:
    """Put a font that every office has in place of the one of the template."""
    for part in deck.part.package.iter_parts():
        if str(part.partname).startswith("/ppt/theme/"):
            blob = part.blob.replace(b'<a:latin typeface="Calibri"/>', f'<a:latin typeface="{FONT}"/>'.encode())
            part._blob = blob


def _slide(deck: Presentation, paper: DecisionPaper, title: str, notes: Sequence[str]) -> Slide:
    from pptx.util import Inches

    slide = deck.slides.add_slide(deck.slide_layouts[5])
    head = slide.shapes.title
    head.left, head.top, head.width, head.height = (Inches(x) for x in (EDGE, 0.3, WIDTH - 2 * EDGE, 0.62))
    _write(head.text_frame, [(title, _fitting(title, 24, WIDTH - 2 * EDGE), True, INK)])
    under = " · ".join(text for text in (paper.organization, paper.status, paper.as_of_words) if text)
    _text(slide, Place(EDGE, 0.88, WIDTH - 2 * EDGE, 0.34), [(_cut(under, 170), 11, False, QUIET)], "State and date")
    foot = f"{paper.key} · SHA-256 {paper.hash[:16]}… · {paper.as_of_words} · Sources in the notes"
    _text(slide, Place(EDGE, 7.1, WIDTH - 2 * EDGE, 0.28), [(foot, 9, False, QUIET)], "Foot")
    dated = [paper.as_of_words + ".", f"Content: SHA-256 {paper.hash}.", *([paper.url] if paper.url else [])]
    slide.notes_slide.notes_text_frame.text = "\n".join([*notes, *paper.sources, *dated])
    return slide


Line = tuple[str, float, bool, str]
"""Text, size in points, bold, colour."""


def _write(frame: Any, lines: Sequence[Line]) -> None:
    from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
    from pptx.util import Pt

    frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
    frame.vertical_anchor = MSO_ANCHOR.TOP
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    for n, (text, size, bold, colour) in enumerate(lines):
        paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
        paragraph.alignment = PP_ALIGN.LEFT
        run = paragraph.add_run()
        run.text = text
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
        run.font.color.rgb = native.rgb(colour)


def _text(slide: Slide, place: Place, lines: Sequence[Line], name: str) -> Any:
    from pptx.util import Inches

    box = slide.shapes.add_textbox(*(Inches(x) for x in (place.left, place.top, place.width, place.height)))
    box.name = name
    _write(box.text_frame, lines)
    return box


def _fitting(text: str, most: float, width: float, least: float = 9.0) -> float:
    """The size in points at which a text stands in one line of so many inches."""
    return max(least, min(most, width * 72 / (LETTER * max(1, len(text)))))


def _cut(text: str, most: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"


def _room(width: float, size: float, lines: int) -> int:
    """How many letters stand in so many lines."""
    return int(width * 72 / (LETTER * size)) * lines


def _cards(slide: Slide, figures: Sequence[Figure], top: float, per_row: int, height: float = 1.0) -> None:
    """Figures beside each other: what it is, the number, a note."""
    gap = 0.2
    width = (WIDTH - 2 * EDGE - gap * (per_row - 1)) / per_row
    for n, figure in enumerate(figures):
        place = Place(EDGE + n * (width + gap), top, width, height)
        lines: list[Line] = [
            (_cut(figure.label, 40), _fitting(figure.label, 10, width, 8), False, QUIET),
            (figure.text, _fitting(figure.text, 20, width), True, COLOURS["joint"]),
        ]
        if figure.note:
            rows, size = (2, 9.0) if height >= 1 else (1, _fitting(figure.note, 9, width, 8))
            lines.append((_cut(figure.note, _room(width, size, rows) + (rows == 1)), size, False, QUIET))
        _text(slide, place, lines, figure.label)


def _by_key(paper: DecisionPaper, *keys: str) -> list[Figure]:
    known = {figure.key: figure for figure in paper.figures}
    return [known[key] for key in keys if key in known]


def _first(deck: Presentation, paper: DecisionPaper) -> None:
    """What is decided and why: the figures, the plans side by side, the frontier."""
    notes = ["What we decide and why.", *(f"{f.label}: {f.text}. {f.note}".strip() for f in paper.figures)]
    notes += [f"{row.name}: {row.note}" for row in paper.beside if row.note]
    slide = _slide(deck, paper, _cut(f"The decision: {paper.title}", 110), notes)
    _cards(slide, _by_key(paper, "value", "loss", "money", "initiatives", "gap"), 1.35, 5)
    if paper.why:
        why = _cut(f"Why: {paper.why}", _room(WIDTH - 2 * EDGE, 11, 2))
        _text(slide, Place(EDGE, 2.4, WIDTH - 2 * EDGE, 0.45), [(why, 11, False, INK)], "Why")
    top = 2.95 if paper.why else 2.6
    if not paper.beside:
        said = "The plans that it was compared with are not kept with this plan."
        _text(slide, Place(EDGE, top, 8.0, 0.4), [(said, 11, False, QUIET)], "Plans side by side")
        return
    _beside(slide, paper, top)
    if paper.along and any(row.loss is not None for row in paper.beside):
        place = Place(EDGE + sum(COLUMNS) + 0.15, top - 0.05, WIDTH - 2 * EDGE - sum(COLUMNS) - 0.15, 7.0 - top)
        native.frontier(slide, place, paper.along, paper.beside, paper.currency, paper.alternatives["frontier"])


def _beside(slide: Slide, paper: DecisionPaper, top: float) -> None:
    """The plans side by side, in a table of the slide; the one that is decided is set in bold."""
    from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
    from pptx.util import Inches, Pt

    count = len(paper.beside) + 1
    spot = (Inches(x) for x in (EDGE, top, sum(COLUMNS), 0.62 + 0.42 * (count - 1)))
    frame = slide.shapes.add_table(count, len(HEADS), *spot)
    frame.name = "Plans side by side"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", "Today and the plans that were compared, with their figures.")
    table = frame.table
    for n, width in enumerate(COLUMNS):
        table.columns[n].width = Inches(width)
    table.rows[0].height = Inches(0.62)
    money = {2, 3, 6}
    heads = [f"{head}, {paper.currency}" if n in money else head for n, head in enumerate(HEADS)]
    rows: list[tuple[Sequence[str], bool]] = [(heads, True)]
    rows += [
        (
            (_cut(r.name, 40), r.value_text, r.loss_text, r.money_text, r.initiatives, r.given_up, r.more_loss),
            r.chosen,
        )
        for r in paper.beside
    ]
    for y, (cells, bold) in enumerate(rows):
        table.rows[y].height = Inches(0.62 if y == 0 else 0.42)
        for x, text in enumerate(cells):
            cell = table.cell(y, x)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            cell.margin_left = cell.margin_right = Inches(0.06)
            cell.margin_top = cell.margin_bottom = Inches(0.02)
            cell.fill.solid()
            cell.fill.fore_color.rgb = native.rgb("E0EEEC" if y == 0 or bold else "FFFFFF")
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.alignment = PP_ALIGN.LEFT if x == 0 else PP_ALIGN.RIGHT
            run = paragraph.add_run()
            run.text = text
            size = 9 if y == 0 else _fitting(text, 10, COLUMNS[x] - 0.12, 7)
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
            run.font.color.rgb = native.rgb(INK)


def _second(deck: Presentation, paper: DecisionPaper) -> None:
    """The loss before and after against the appetite, the steps between, what drives what is left, the goals."""
    notes = ["The loss before and after.", *(f"{step.name}: {step.text} {paper.currency}" for step in paper.steps)]
    notes += [f"{s.name}: {s.low_text} to {s.high_text} {paper.currency}" for s in paper.swings]
    notes += [
        f"{g.name}: weight {g.weight_text}, gap closed {g.attained_text}, loss a year {g.today_text} today, "
        f"{g.after_text} all done"
        for g in paper.heavy
    ]
    slide = _slide(deck, paper, "The loss before and after", notes)
    _cards(slide, _by_key(paper, "today", "loss", "avoided", "bad_today", "bad_after"), 1.28, 5, 0.8)
    chances, swings = Place(EDGE, 2.5, 4.3, 2.1), Place(EDGE, 4.92, 4.3, 2.16)
    steps, goals = Place(EDGE + 4.55, 2.5, 3.9, 4.55), Place(EDGE + 8.7, 2.5, WIDTH - 2 * EDGE - 8.7, 4.26)
    unit = paper.currency
    _heading(slide, chances, "How probable is a year that costs more?")
    if paper.curves:
        native.curves(slide, chances, paper.curves, unit, paper.alternatives["curves"])
    else:
        _missing(slide, chances, "The distribution of the loss is not kept with this plan.")
    _heading(slide, swings, f"What drives the expected loss that is left, {unit}")
    if paper.swings:
        drivers.tornado(slide, swings, paper.swings, paper.alternatives["tornado"])
    else:
        _missing(slide, swings, "What drives the loss is not kept with this plan, or no input is uncertain.")
    _heading(slide, steps, f"Which initiative avoids how much a year, {unit}")
    if paper.steps:
        native.steps(slide, steps, paper.steps, paper.alternatives["steps"])
    else:
        _missing(slide, steps, "The steps of the loss are not kept with this plan.")
    _heading(slide, goals, f"Goals: loss today, all done, {unit}; gap closed")
    if paper.goals:
        drivers.goals(slide, goals, paper.heavy, paper.alternatives["goals"])
        told = f"By weight. Dark: left when all is done; light: avoided; red: added. {paper.more_goals}".strip()
        _text(slide, Place(goals.left, 6.78, goals.width, 0.3), [(told, 8, False, QUIET)], "How to read the goals")
    else:
        _missing(slide, goals, "No goal has a weight.")


def _heading(slide: Slide, below: Place, text: str) -> None:
    place = Place(below.left, below.top - 0.36, below.width, 0.3)
    told = _cut(text, 110)
    _text(slide, place, [(told, _fitting(told, 12, below.width), True, INK)], told)


def _missing(slide: Slide, place: Place, text: str) -> None:
    _text(slide, Place(place.left, place.top, place.width, 0.4), [(text, 11, False, QUIET)], text)


def _third(deck: Presentation, paper: DecisionPaper) -> None:
    """What starts when, with money and people by quarter; both keys, reservations and dissent."""
    unit = paper.currency
    listed = (f"{b.name} ({b.sponsor}): {b.start} to {b.finish}, {b.money_text} {unit}" for b in paper.bars)
    notes = ["The plan.", *listed]
    notes += [key.role + ": " + key.text for key in paper.keys]
    notes += [f"{point.role} on {point.on}: {point.reason}" for point in paper.points]
    slide = _slide(deck, paper, "The plan, its money and its people", notes)
    keys = 1.05 if paper.keys else 0.0
    left = Place(EDGE, 1.65, 7.3, 5.35 - keys)
    more = f". {paper.more}" if paper.more else ""
    _heading(slide, left, f"What starts when, and its money over the horizon, {unit}{more}")
    if paper.bars:
        native.gantt(slide, left, paper.shown, paper.quarters, paper.alternatives["gantt"])
    else:
        _missing(slide, left, "Nothing is started.")
    _resources(slide, paper, Place(8.0, 1.65, WIDTH - EDGE - 8.0, 5.35 - keys))
    if paper.keys:
        _keys(slide, paper, 7.05 - keys)


def _resources(slide: Slide, paper: DecisionPaper, place: Place) -> None:
    """Small charts below each other: money of each kind, then the skills that are used most."""
    busy = [row for row in sorted(paper.people, key=lambda row: -_peak(row)) if any(row.used)][:MOST_SKILLS]
    shown, left = [*paper.money, *busy], len(paper.people) - len(busy)
    if left:
        more = f"{left} further skill{'s' if left > 1 else ''} on the page in Accord."
        place = Place(place.left, place.top, place.width, place.height - 0.26)
        _text(
            slide, Place(place.left, place.top + place.height + 0.06, place.width, 0.2), [(more, 9, False, QUIET)], more
        )
    if not shown:
        return
    step = (place.height + 0.36) / len(shown)
    for n, row in enumerate(shown):
        spot = Place(place.left, place.top + n * step, place.width, step - 0.34)
        is_money = bool(row.before)
        what = (
            f"{row.name}, {row.unit}: in the year so far, line: its budget"
            if is_money
            else f"{row.name}, {row.unit}; line: free"
        )
        at = Place(spot.left, spot.top - 0.36 if n == 0 else spot.top - 0.3, spot.width, 0.28)
        _text(slide, at, [(_cut(what, _room(place.width, 10, 1)), 10, True, INK)], row.name)
        native.resource(slide, spot, row, paper.quarters, paper.alternatives["money" if is_money else "people"])


def _peak(row: Resource) -> float:
    """The largest part of what there is that is used in any quarter."""
    return max((used / limit for used, limit in zip(row.used, row.limit, strict=True) if limit), default=0.0)


def _keys(slide: Slide, paper: DecisionPaper, top: float) -> None:
    """Who signed when, and under which reservations."""
    tones = {"signed": COLOURS["better"], "dissent": COLOURS["worse"], "waiting": QUIET}
    lines: list[Line] = [
        (_cut(f"{key.role}: {key.text}", _room(5.8, 10, 2)), 10, True, tones[key.state]) for key in paper.keys
    ]
    _text(slide, Place(EDGE, top, 5.8, 1.05), lines, "Keys")
    room = WIDTH - EDGE - 6.5
    said: list[Line] = [
        (_cut(f"{p.role} on {_cut(p.on, 60)}: {p.reason}", _room(room, 9, 2)), 9, False, INK)
        for p in paper.points[:MOST_POINTS]
    ]
    if len(paper.points) > MOST_POINTS:
        said.append((f"{len(paper.points) - MOST_POINTS} more in the notes.", 9, False, QUIET))
    if not said:
        said = [("No reservation and no dissent is recorded.", 10, False, QUIET)]
    _text(slide, Place(6.5, top, room, 1.05), said, "Reservations and dissent")
