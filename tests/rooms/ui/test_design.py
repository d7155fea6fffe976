"""What holds the look together: contrast, one dark theme, symbols that exist, charts that draw, words for values."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import engines

import accord.ui
from accord.core.statements import Statement
from accord.ui import badges, charts, format, navigation, parts

STATIC = Path(accord.ui.__file__).parent / "static" / "ui"
TEMPLATES = Path(accord.ui.__file__).parent / "templates"
CSS = (STATIC / "tokens.css").read_text(encoding="utf-8")


def _blocks() -> list[dict[str, str]]:
    """Light, dark by the system, dark by choice: names and values."""
    bodies = re.findall(r"\{([^{}]*--paper[^{}]*)\}", CSS)
    return [dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", body)) for body in bodies]


LIGHT, DARK, CHOSEN = _blocks()


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, section 1.4.3."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_both_ways_to_the_dark_theme_show_the_same() -> None:
    assert DARK == CHOSEN


TONES = ("danger", "warning", "caution", "info", "good", "neutral", "cio", "ciso", "joint")
TEXT = [
    *itertools.product(("ink", "ink-2", "ink-3", "accent"), ("paper", "surface", "sunken")),
    *((tone, f"{tone}-soft") for tone in TONES),
    *itertools.product(TONES, ("surface",)),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("on-danger", "danger"),
    ("ink", "neutral-soft"),
    ("ink-3", "neutral-soft"),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(theme: dict[str, str]) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text."""
    weak = [
        f"{ink} on {ground}: {ratio:.2f}"
        for ink, ground in TEXT
        if (ratio := _contrast(theme[ink], theme[ground])) < 4.5
    ]
    assert not weak, "\n".join(weak)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_controls_and_marks_can_be_seen(theme: dict[str, str]) -> None:
    """WCAG 2.2 AA, 1.4.11: 3 to 1 for the edges of controls, focus and the marks of charts."""
    for name, ground in itertools.product(("control-line", "focus", *charts.TONES), ("surface", "paper")):
        assert _contrast(theme[name], theme[ground]) >= 3, f"{name} on {ground}"


def test_every_symbol_that_is_used_exists() -> None:
    there = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    used = {
        name
        for path in TEMPLATES.parents[1].rglob("*.html")
        for name in re.findall(r"""\{% icon ["']([a-z-]+)["']""", path.read_text(encoding="utf-8"))
    }
    used |= {f"shape-{badge.shape}" for family in badges.FAMILIES.values() for badge in family.values()}
    used |= {entry.icon for entry in navigation.entries()}
    assert used <= there, f"not in icons.svg: {sorted(used - there)}"


def test_every_entry_of_the_navigation_leads_somewhere() -> None:
    assert not navigation.unreachable()


def test_classes_of_badges_have_a_colour() -> None:
    css = (STATIC / "components.css").read_text(encoding="utf-8")
    tones = {badge.tone for family in badges.FAMILIES.values() for badge in family.values()} - {"neutral"}
    assert not [tone for tone in tones if f".badge-{tone} " not in css]


def test_no_style_is_fetched_from_elsewhere() -> None:
    for path in [*STATIC.glob("*.css"), *STATIC.glob("*.js")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"https?://|@import|eval\(|new Function", text), path.name


def _specs() -> dict[str, charts.theme.Spec]:
    curve = charts.Curve("Today", [(0, 0.6), (1e6, 0.3), (5e6, 0.02)])
    return {
        "exceedance": charts.exceedance_curve([curve], [(0, 0.5), (2e6, 0.1)]),
        "no appetite": charts.exceedance_curve([curve, charts.Curve("Then", [(0, 0.4), (1e6, 0.1)])]),
        "frontier": charts.frontier(
            [(1e6, 0.0), (2e6, 0.4), (5e6, 0.6)], [charts.Marked("Joint proposal", 2e6, 0.4, "joint")]
        ),
        "bars": charts.bars([("A", 5.0), ("B", None), ("C", -2.0)], title="Amount"),
        "dots": charts.interval_dots([("A", 1.0, 2.0, 9.0)], title="Loss", unit="share"),
        "waterfall": charts.waterfall([("Now", 5.0, True), ("Less", -2.0, False), ("Then", 3.0, True)], title="Loss"),
        "gantt": charts.gantt([{"name": "A", "start": "2027-Q4", "end": "2028-Q1", "group": "CIO"}]),
    }


@pytest.mark.parametrize("name", list(_specs()))
def test_charts_draw_the_same_every_time(name: str) -> None:
    spec = _specs()[name]
    svg = charts.to_svg(spec, width=480)
    assert svg.startswith("<svg") and "token:" not in svg and svg == charts.to_svg(spec, width=480)
    head, rows = charts.table_of(spec)
    assert rows and all(len(row) == len(head) for row in rows)


def test_an_unknown_bar_says_so_and_has_no_length() -> None:
    spec = charts.bars([("A", None)], title="Amount")
    assert charts.table_of(spec)[1] == [["A", "unknown"]]
    [value] = spec["data"]["values"]
    assert value["text"] == "unknown"


def test_a_waterfall_ends_where_its_steps_lead() -> None:
    spec = charts.waterfall([("Now", 5.0, True), ("Less", -2.0, False), ("More", 1.0, False)], title="Loss")
    values = spec["data"]["values"]
    assert [(v["start"], v["end"]) for v in values] == [(0.0, 5.0), (5.0, 3.0), (3.0, 4.0)]
    assert [v["kind"] for v in values] == ["total", "better", "worse"]


def test_a_schedule_ends_with_the_last_day_of_its_last_quarter() -> None:
    [row] = charts.gantt([{"name": "A", "start": "2027-Q4", "end": "2027-Q4", "group": "CIO"}])["data"]["values"]
    assert (row["from"], row["to"]) == ("2027-10-01", "2028-01-01")


def test_names_above_the_frontier_do_not_lie_on_each_other() -> None:
    marked = [charts.Marked(f"Name {n} of a plan", 1e6 + n * 1e4, 0.5) for n in range(3)]
    spec = charts.frontier([(1e6, 0.1), (9e6, 0.9)], marked)
    lanes = {layer["encoding"]["y"]["value"] for layer in spec["layer"] if layer["mark"].get("type") == "text"}
    assert len(lanes) == 3


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (format.money(1_250_000), "EUR 1,250,000"),
        (format.money(Decimal("-12.5")), "EUR −12.50"),
        (format.money(Decimal("1234567.89"), compact=True), "EUR 1.23 M"),
        (format.money(None), "unknown"),
        (format.money(float("nan")), "unknown"),
        (format.money(0), "EUR 0"),
        (format.percent(0.125), "12.5 %"),
        (format.percent(1), "100 %"),
        (format.percent(Decimal("0.0004")), "0.040 %"),
        (format.percent(None), "unknown"),
        (format.number(Decimal("0.100")), "0.1"),
        (format.number(100), "100"),
        (format.number(-1234.5), "−1,234.5"),
        (format.number(None), "unknown"),
        (format.date(dt.date(2026, 2, 3)), "3 Feb 2026"),
        (format.datetime(dt.datetime(2026, 2, 3, 14, 5, tzinfo=dt.UTC)), "3 Feb 2026, 14:05 UTC"),
        (format.yes_no(None), "unknown"),
        (format.yes_no(False), "no"),
        (format.plain("list", ["a", "b"]), "a; b"),
        (format.plain("bool", False), "no"),
    ],
)
def test_values_in_words(said: str, expected: str) -> None:
    assert said.replace("\N{NO-BREAK SPACE}", " ") == expected


def test_a_statement_without_a_number_says_unknown() -> None:
    card = engines["django"].from_string("{% load ui %}{% statement fact %}")
    page = card.render({"fact": Statement("a", "Systems without a goal", None, "systems")})
    assert '<span class="unknown">unknown</span>' in page and ">0" not in page
    page = card.render({"fact": Statement("a", "Loss", 4_210_000, "EUR", (1e6, 9e6), href="/rows/")})
    assert "EUR 4.21 M" in page and "EUR 1.00 M to EUR 9.00 M" in page and 'href="/rows/"' in page


def test_a_key_that_is_turned_offers_no_button() -> None:
    slots = [
        {"role": "cio", "label": "CIO", "state": "signed", "signer": "A", "at": None, "dissent": ""},
        {"role": "ciso", "label": "CISO", "state": "waiting", "signer": None, "at": None, "dissent": ""},
    ]
    both = {"cio": ("/sign/", "/dissent/"), "ciso": ("/sign/", "/dissent/")}
    first, second = parts.key_slots(slots, both)
    assert (first.sign_href, second.sign_href) == ("", "/sign/")


def test_text_in_a_page_is_escaped() -> None:
    page = engines["django"].from_string("{% load ui %}{% chart spec title 'c1' %}{% badge 'x' value %}")
    evil = "</script><img src=x onerror=alert(1)>"
    spec = charts.bars([(evil, 1.0)], title=evil)
    html = page.render({"spec": spec, "title": evil, "value": evil})
    assert "<img" not in html and "</script>" not in html
