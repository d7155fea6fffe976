"""The daily watch as an accessible PDF: what matters in words, then each part with its figures and lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from accord.outlet.typeset import address, shown

TEMPLATES = Path(__file__).parent / "templates"


class WatchPaperError(ValueError):
    """The pages cannot be set: what is wrong, in words."""


@dataclass(frozen=True, slots=True)
class WatchFigure:
    """One figure as text, with its note; `url` leads to its rows (absolute, http or https) or is empty."""

    label: str
    figure: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class WatchLine:
    """One line below the figures; `mark` is a word before it (a level, a state) or empty."""

    text: str
    detail: str = ""
    mark: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class WatchPart:
    """One part of the page."""

    title: str
    figures: Sequence[WatchFigure]
    lines: Sequence[WatchLine]
    empty: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class WatchPaper:
    """What is printed. `composed` is aware and dates the document; `period` says from when to when, in words."""

    key: str
    title: str
    organization: str
    period: str
    composed: datetime
    hash: str
    url: str
    sentences: Sequence[str]
    parts: Sequence[WatchPart]


def write_pdf(paper: WatchPaper) -> bytes:
    """Return the watch as PDF 1.7 that conforms to PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2).

    Only fonts inside typst are used and the document is dated ``composed``, so equal papers give equal bytes. Texts
    may hold any character; one that the fonts cannot show becomes □, and long ones are cut with an ellipsis. Raises
    ``WatchPaperError`` where the pages cannot be set.
    """
    import typst

    try:
        return typst.compile(
            TEMPLATES / "watch.typ",
            root=TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(_data(paper))},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=paper.composed.astimezone(UTC),
        )
    except typst.TypstError as error:
        raise WatchPaperError(f"the pages could not be set: {error.message}") from error


def _data(paper: WatchPaper) -> dict[str, object]:
    day = paper.composed
    return {
        "key": shown(paper.key, 40),
        "title": shown(paper.title, 200) or "Daily watch",
        "organization": shown(paper.organization, 120),
        "period": shown(paper.period, 200),
        "date": [day.year, day.month, day.day],
        "hash": paper.hash,
        "url": address(paper.url),
        "sentences": [shown(text, 400) for text in paper.sentences],
        "parts": [
            {
                "title": shown(part.title, 80),
                "figures": [
                    [shown(one.label, 100), shown(one.figure, 60), shown(one.note, 200), address(one.url)]
                    for one in part.figures
                ],
                "lines": [
                    [shown(one.mark, 20), shown(one.text, 500), shown(one.detail, 400), address(one.url)]
                    for one in part.lines
                ],
                "empty": shown(part.empty, 200),
                "note": shown(part.note, 200),
            }
            for part in paper.parts
        ],
    }
