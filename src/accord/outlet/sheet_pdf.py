"""A sheet of the two executives as an accessible PDF: its options side by side, its picture, and both keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from accord.outlet.typeset import PictureError, address, lettered, shown

TEMPLATES = Path(__file__).parent / "templates"
MOST_OPTIONS = 8


class SheetPaperError(ValueError):
    """The sheet cannot be set: what is wrong, in words."""


@dataclass(frozen=True, slots=True)
class SheetPaper:
    """What is printed, every figure as its text.

    `figures` are (label, figure, note); `rows` (label, one text for each option); `keys` (role, state, words) with the
    state signed, dissent or waiting; `lines` plain sentences. `picture` is a chart as SVG with its words for whoever
    cannot see it; empty = none.
    """

    key: str
    title: str
    organization: str
    status: str
    why: str
    as_of: date
    hash: str
    url: str
    figures: Sequence[tuple[str, str, str]]
    options: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    lines: Sequence[str]
    missing: Sequence[str]
    sources: Sequence[str]
    keys: Sequence[tuple[str, str, str]]
    picture: bytes = b""
    caption: str = ""
    alternative: str = ""
    after: Sequence[tuple[str, str, str]] = field(default=())


def write_pdf(paper: SheetPaper) -> bytes:
    """Return the sheet as PDF 1.7 that conforms to PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2).

    Only fonts inside typst are used and the document is dated ``as_of``, so equal papers give equal bytes. Raises
    ``SheetPaperError`` for a chart that is not SVG or for more than MOST_OPTIONS options.
    """
    import typst

    if len(paper.options) > MOST_OPTIONS:
        raise SheetPaperError(f"{len(paper.options)} options do not fit side by side; {MOST_OPTIONS} do")
    moment = datetime(paper.as_of.year, paper.as_of.month, paper.as_of.day, tzinfo=UTC)
    try:
        return typst.compile(
            TEMPLATES / "sheet.typ",
            root=TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(_data(paper))},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=moment,
        )
    except PictureError as error:
        raise SheetPaperError(str(error)) from error
    except typst.TypstError as error:
        raise SheetPaperError(f"the pages could not be set: {error.message}") from error


def _data(paper: SheetPaper) -> dict[str, object]:
    return {
        "key": shown(paper.key, 40),
        "title": shown(paper.title, 200) or "Sheet",
        "organization": shown(paper.organization, 100),
        "status": shown(paper.status, 200),
        "why": shown(paper.why, 1500),
        "date": [paper.as_of.year, paper.as_of.month, paper.as_of.day],
        "as_of": f"As of {paper.as_of.day} {paper.as_of:%B %Y}",
        "hash": paper.hash,
        "url": address(paper.url),
        "figures": [[shown(label, 80), shown(text, 60), shown(note, 160)] for label, text, note in paper.figures],
        "options": [shown(name, 80) for name in paper.options],
        "rows": [[shown(label, 60), [shown(text, 80) for text in texts]] for label, texts in paper.rows],
        "lines": [shown(text, 400) for text in paper.lines],
        "missing": [shown(text, 300) for text in paper.missing],
        "sources": [shown(text, 400) for text in paper.sources],
        "keys": [[shown(role, 40), state, shown(text, 240)] for role, state, text in paper.keys],
        "after": [[shown(text, 120) for text in row] for row in paper.after],
        "picture": lettered(paper.picture) if paper.picture else "",
        "caption": shown(paper.caption, 120),
        "alternative": shown(paper.alternative, 1000) or shown(paper.caption, 120),
    }
