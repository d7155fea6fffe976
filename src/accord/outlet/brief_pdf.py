"""The board brief as a PDF of one A4 page, open to screen readers and fit for archives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from accord.outlet.typeset import PictureError, address, lettered, shown

_TEMPLATES = Path(__file__).parent / "templates"
_FACTS, _SCENARIOS, _PLAN, _DECISIONS = 7, 5, 8, 5


class BriefError(ValueError):
    """The brief cannot be set on one page or its chart cannot be drawn: what is wrong, in words."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One statement, already in words: ``value`` with its unit, ``interval`` and ``source`` may be empty.

    ``url`` leads to the rows behind it (absolute, http or https) or is empty.
    """

    label: str
    value: str
    interval: str = ""
    source: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """One of the top scenarios: what happens, how often, and how much it costs a year."""

    name: str
    frequency: str
    loss: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One initiative of the plan in force: its state, the date it is due, money planned and spent."""

    name: str
    state: str
    due: str
    planned: str
    spent: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class DecisionAsked:
    """One decision that the board is asked for."""

    text: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as SVG (UTF-8) and the text that says the same to who cannot see it."""

    svg: bytes
    alternative: str


@dataclass(frozen=True, slots=True)
class Words:
    """The headings of the page, so that they can be in the language of the brief."""

    facts: str = "Where we stand"
    chart: str = "How much could a year cost us?"
    scenarios: str = "What could cost us most"
    plan: str = "Progress of the plan in force"
    decisions: str = "Decisions asked of the board"
    scenario: str = "Scenario"
    frequency: str = "How often"
    loss: str = "Loss a year"
    initiative: str = "Initiative"
    state: str = "State"
    due: str = "Due"
    planned: str = "Planned"
    spent: str = "Spent"


@dataclass(frozen=True, slots=True)
class BoardBrief:
    """Everything that the page says. At most seven facts, five scenarios, eight initiatives, five decisions.

    ``plan_note`` sums up the whole plan. ``as_of`` dates the figures; ``as_of_words`` is how the page
    writes it. ``footer`` is a row of short texts, for example the reading grade and where the figures come
    from. ``language`` is an ISO 639 code.
    """

    title: str
    organization: str
    as_of: date
    as_of_words: str
    facts: Sequence[Fact]
    status: str = ""
    chart: Chart | None = None
    scenarios: Sequence[ScenarioLine] = ()
    plan: Sequence[PlanLine] = ()
    plan_note: str = ""
    decisions: Sequence[DecisionAsked] = ()
    footer: Sequence[str] = ()
    language: str = "en"
    description: str = ""
    words: Words = field(default_factory=Words)


def write_brief(brief: BoardBrief) -> bytes:
    """Return the brief as PDF 1.7 that conforms to PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2).

    The document's date is ``as_of``, and only fonts inside typst are used, so equal briefs give equal bytes
    on every machine. Texts may hold any character; one that the fonts cannot show becomes □. The type
    shrinks, by at most three tenths, where the page would not hold everything, and long texts are cut with
    an ellipsis. Raises ``BriefError`` for too many lines, a title or alternative text that is blank, or a
    chart that is not SVG.
    """
    import typst

    _check(brief)
    moment = datetime(brief.as_of.year, brief.as_of.month, brief.as_of.day, tzinfo=UTC)
    try:
        return typst.compile(
            _TEMPLATES / "board_brief.typ",
            root=_TEMPLATES,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"brief": json.dumps(_data(brief))},
            pdf_standards=["ua-1", "a-2a"],
            timestamp=moment,
        )
    except typst.TypstError as error:
        raise BriefError(f"the page could not be set: {error.message}") from error


def _check(brief: BoardBrief) -> None:
    for name, rows, most in (
        ("statements", brief.facts, _FACTS),
        ("scenarios", brief.scenarios, _SCENARIOS),
        ("initiatives", brief.plan, _PLAN),
        ("decisions", brief.decisions, _DECISIONS),
    ):
        if len(rows) > most:
            raise BriefError(f"{len(rows)} {name}, but the page holds {most}")
    if not shown(brief.title, 90):
        raise BriefError("a brief needs a title")
    if brief.chart is not None and not shown(brief.chart.alternative, 90):
        raise BriefError("a chart needs an alternative text")


def _data(brief: BoardBrief) -> dict[str, object]:
    chart = None
    if brief.chart is not None:
        chart = {"svg": _picture(brief.chart.svg), "alternative": shown(brief.chart.alternative, 2_000)}
    return {
        "title": shown(brief.title, 70),
        "organization": shown(brief.organization, 80),
        "description": shown(brief.description, 500),
        "date": [brief.as_of.year, brief.as_of.month, brief.as_of.day],
        "as_of": shown(brief.as_of_words, 60),
        "status": shown(brief.status, 220),
        "language": brief.language,
        "words": {name: shown(text, 60) for name, text in asdict(brief.words).items()},
        "facts": [
            {
                "label": shown(row.label, 90),
                "value": shown(row.value, 18),
                "interval": shown(row.interval, 40),
                "source": shown(row.source, 80),
                "url": address(row.url),
            }
            for row in brief.facts
        ],
        "chart": chart,
        "scenarios": [_line(asdict(row), name=60, frequency=24, loss=20) for row in brief.scenarios],
        "plan": [_line(asdict(row), name=80, state=24, due=16, planned=16, spent=16) for row in brief.plan],
        "plan_note": shown(brief.plan_note, 140),
        "decisions": [_line(asdict(row), text=180) for row in brief.decisions],
        "footer": [shown(text, 110) for text in brief.footer],
    }


def _picture(svg: bytes) -> str:
    try:
        return lettered(svg)
    except PictureError as error:
        raise BriefError(str(error)) from error


def _line(row: dict[str, str], **limits: int) -> dict[str, str]:
    texts = {name: shown(row[name], limit) for name, limit in limits.items()}
    return {**texts, "url": address(row["url"])}
