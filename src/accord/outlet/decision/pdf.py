"""The papers of a decision as a PDF of two or three A4 pages, open to screen readers and fit for archives."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from accord.outlet.decision.records import DecisionPaper
from accord.outlet.typeset import PictureError, address, lettered, shown

TEMPLATES = Path(__file__).parents[1] / "templates"
ORDER = ("frontier", "curves", "steps", "gantt", "money", "people", "tornado", "goals")
CAPTIONS = {
    "frontier": "Value against loss",
    "curves": "How probable is a year that costs more?",
    "steps": "Which initiative avoids how much a year",
    "gantt": "What starts when",
    "money": "Money by quarter: spent in the year so far, below its budget",
    "people": "People by quarter, below those who are free",
    "tornado": "What drives the expected loss that is left",
    "goals": "Goals: fields as large as their weight, tinted by the loss of today",
}
MOST_POINTS = 8


class PaperError(ValueError):
    """The paper cannot be set: what is wrong, in words."""


def write_pdf(paper: DecisionPaper, pictures: Mapping[str, bytes]) -> bytes:
    """Return the paper as PDF 1.7 that conforms to PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2).

    ``pictures`` are the charts as SVG by the names of ``alternatives``; those that are missing are left out. Only
    fonts inside typst are used and the document is dated ``as_of``, so equal papers give equal bytes. Raises
    ``PaperError`` for a chart that is not SVG.
    """
    import typst

    moment = datetime(paper.as_of.year, paper.as_of.month, paper.as_of.day, tzinfo=UTC)
    try:
        return typst.compile(
            TEMPLATES / "decision.typ",
            root=TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"paper": json.dumps(_data(paper, pictures))},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=moment,
        )
    except PictureError as error:
        raise PaperError(str(error)) from error
    except typst.TypstError as error:
        raise PaperError(f"the pages could not be set: {error.message}") from error


def _data(paper: DecisionPaper, pictures: Mapping[str, bytes]) -> dict[str, object]:
    return {
        "key": shown(paper.key, 40),
        "title": shown(paper.title, 110) or "Decision",
        "organization": shown(paper.organization, 100),
        "status": shown(paper.status, 160),
        "why": shown(paper.why, 600),
        "date": [paper.as_of.year, paper.as_of.month, paper.as_of.day],
        "as_of": shown(paper.as_of_words, 60),
        "language": paper.language,
        "currency": paper.currency,
        "hash": paper.hash,
        "url": address(paper.url),
        "figures": [
            {"label": shown(f.label, 60), "text": shown(f.text, 40), "note": shown(f.note, 150)} for f in paper.figures
        ],
        "beside": [
            {
                "name": shown(row.name, 60), "chosen": row.chosen, "note": shown(row.note, 200),
                "cells": [
                    shown(text, 40)
                    for text in (
                        row.value_text, row.loss_text, row.money_text, row.initiatives, row.given_up, row.more_loss
                    )
                ],
            }
            for row in paper.beside
        ],
        "steps": [[shown(step.name, 48), shown(step.text, 40)] for step in paper.steps],
        "bars": [
            [shown(bar.name, 44), bar.sponsor, bar.start, bar.finish, shown(bar.money_text, 40)] for bar in paper.shown
        ],
        "more": shown(paper.more, 160),
        "swings": [[shown(s.name, 80), shown(s.low_text, 40), shown(s.high_text, 40)] for s in paper.swings],
        "goals": [
            [shown(g.name, 60), g.weight_text, g.attained_text, shown(g.today_text, 40), shown(g.after_text, 40)]
            for g in paper.heavy
        ],
        "more_goals": shown(paper.more_goals, 100),
        "pictures": {
            name: {
                "svg": lettered(pictures[name]),
                "caption": CAPTIONS[name],
                "alternative": shown(paper.alternatives[name], 1_000) or CAPTIONS[name],
            }
            for name in ORDER
            if name in pictures
        },
        "keys": [[key.role, key.state, shown(key.text, 200)] for key in paper.keys],
        "points": [
            [shown(point.role, 10), shown(point.on, 100), shown(point.reason, 300)]
            for point in paper.points[:MOST_POINTS]
        ],
        "more_points": max(0, len(paper.points) - MOST_POINTS),
        "sources": [shown(text, 300) for text in paper.sources],
    }  # fmt: skip
