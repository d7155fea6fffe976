"""The board brief as a PDF of one A4 page, open to screen readers and fit for archives."""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

_TEMPLATES = Path(__file__).parent / "templates"
_FACTS, _SCENARIOS, _PLAN, _DECISIONS = 7, 5, 8, 5
_FONT = "Libertinus Serif"
_FONT_FAMILY = re.compile(r"font-family\s*(=\s*\"[^\"]*\"|=\s*'[^']*'|:[^;\"']*)")
_SPACES = re.compile(r"[^\S\u00a0]+")
_MISSING = "\u25a1"
_UNBROKEN = re.compile(r"\S{28}(?=\S)")

# What the fonts inside typst can show (a test holds this to be true); archives refuse text that has no glyph.
_SHOWN = (
    (0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C),
    (0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF), (0x5D0, 0x5EA), (0x621, 0x63A), (0x640, 0x64A),
    (0x1E00, 0x1F15), (0x1F18, 0x1F1D), (0x1F20, 0x1F45), (0x1F48, 0x1F4D), (0x1F50, 0x1F57),
    (0x1F5F, 0x1F7D), (0x1F80, 0x1FB4), (0x2010, 0x2027), (0x2030, 0x203E), (0x2070, 0x2071),
    (0x2074, 0x208E), (0x20A0, 0x20C0), (0x2100, 0x211E), (0x2126, 0x2151), (0x2153, 0x2184),
    (0x2190, 0x23FF), (0x2460, 0x2606), (0x2713, 0x2714), (0x2717, 0x2718), (0xFB00, 0xFB06),
)  # fmt: skip
_STARTS = tuple(first for first, _ in _SHOWN)


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
    if not _shown(brief.title, 90):
        raise BriefError("a brief needs a title")
    if brief.chart is not None and not _shown(brief.chart.alternative, 90):
        raise BriefError("a chart needs an alternative text")


def _data(brief: BoardBrief) -> dict[str, object]:
    chart = None
    if brief.chart is not None:
        chart = {"svg": _chart(brief.chart.svg), "alternative": _shown(brief.chart.alternative, 2_000)}
    return {
        "title": _shown(brief.title, 70),
        "organization": _shown(brief.organization, 80),
        "description": _shown(brief.description, 500),
        "date": [brief.as_of.year, brief.as_of.month, brief.as_of.day],
        "as_of": _shown(brief.as_of_words, 60),
        "status": _shown(brief.status, 220),
        "language": brief.language,
        "words": {name: _shown(text, 60) for name, text in asdict(brief.words).items()},
        "facts": [
            {
                "label": _shown(row.label, 90),
                "value": _shown(row.value, 18),
                "interval": _shown(row.interval, 40),
                "source": _shown(row.source, 80),
                "url": _address(row.url),
            }
            for row in brief.facts
        ],
        "chart": chart,
        "scenarios": [_line(asdict(row), name=60, frequency=24, loss=20) for row in brief.scenarios],
        "plan": [_line(asdict(row), name=80, state=24, due=16, planned=16, spent=16) for row in brief.plan],
        "plan_note": _shown(brief.plan_note, 140),
        "decisions": [_line(asdict(row), text=180) for row in brief.decisions],
        "footer": [_shown(text, 110) for text in brief.footer],
    }


def _line(row: dict[str, str], **limits: int) -> dict[str, str]:
    shown = {name: _shown(row[name], limit) for name, limit in limits.items()}
    return {**shown, "url": _address(row["url"])}


def _shown(text: str, limit: int) -> str:
    """Return a text in one line, without what cannot be shown, cut to ``limit`` characters."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFC", text))
    plain = "".join(sign if _has_glyph(sign) else _nearest(sign) for sign in plain).strip()
    if len(plain) > limit:
        plain = plain[: limit - 1].rstrip() + "\u2026"
    return _UNBROKEN.sub("\\g<0>\u200b", plain)


def _has_glyph(sign: str) -> bool:
    place = bisect_right(_STARTS, ord(sign)) - 1
    return place >= 0 and ord(sign) <= _SHOWN[place][1]


def _nearest(sign: str) -> str:
    if unicodedata.category(sign) in ("Cc", "Cf"):
        return ""
    plain = unicodedata.normalize("NFKD", sign)
    return plain if all(map(_has_glyph, plain)) else _MISSING


def _address(url: str) -> str:
    """Return an absolute web address as it is, and nothing for any other."""
    return url if re.fullmatch(r"https?://[\x21-\x7e]{1,1500}", url) else ""


def _chart(svg: bytes) -> str:
    """Return the SVG with its lettering in the font of the page. Raises ``BriefError``."""
    try:
        text = svg.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BriefError("the chart is not UTF-8") from error
    return _FONT_FAMILY.sub(lambda m: f"font-family{m[1][0]}{_quoted(m[1])}", text)


def _quoted(original: str) -> str:
    return f'"{_FONT}"' if original[0] == "=" else f" {_FONT}"
