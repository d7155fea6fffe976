"""The look that all charts share, and how a spec becomes an SVG."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
TOKENS_CSS = Path(__file__).parents[1] / "static" / "ui" / "tokens.css"
PRINT_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
PREFIX = "token:"
NARROW = 420
"""Pixels of width below which a chart is drawn as on a phone; charts.js has the same number."""

TONES = ("accent", "cio", "ciso", "joint", "info", "good", "caution", "warning", "danger", "neutral")
CYCLE = ("accent", "ciso", "cio", "caution", "good", "danger", "neutral", "info")

# Amounts on an axis: 1.5M, 800k, 2bn.
AMOUNT = "replace(format(datum.value, '~s'), 'G', 'bn')"


def token(name: str) -> str:
    """A colour of the design system by its name in tokens.css."""
    return f"{PREFIX}{name}"


@cache
def tokens() -> dict[str, str]:
    """The light theme's colours by name, read from tokens.css."""
    css = TOKENS_CSS.read_text(encoding="utf-8")
    light = css[css.index(":root {") : css.index("}")]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})\s*;", light))


def finish(
    body: Mapping[str, Any],
    *,
    height: int,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    narrow: Mapping[str, Any] | None = None,
) -> Spec:
    """A whole spec: the body with the shared look, its height in pixels, and its figures as a table.

    `narrow` is what a screen of a phone's width lays over the spec (objects are merged, the rest replaced).
    """
    patch = {"config": {"legend": {"columns": 1}}, **(narrow or {})}
    return {
        "$schema": SCHEMA,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": config(),
        "usermeta": {"narrow": patch, "table": {"head": list(head), "rows": [list(row) for row in rows]}},
        **body,
    }


def config() -> Spec:
    """The shared look of axes, legends and marks."""
    return {
        "background": "transparent",
        "font": token("font"),
        "padding": {"left": 2, "right": 8, "top": 4, "bottom": 2},
        "view": {"stroke": None},
        "axis": {
            "domainColor": token("line-strong"),
            "gridColor": token("line"),
            "tickColor": token("line-strong"),
            "labelColor": token("ink-2"),
            "titleColor": token("ink-2"),
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": 500,
            "labelPadding": 6,
            "titlePadding": 10,
            "labelOverlap": "greedy",
        },
        "axisY": {"domain": False, "ticks": False},
        "axisX": {"grid": False},
        "legend": {
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "labelColor": token("ink"),
            "labelFontSize": 12,
            "labelLimit": 260,
            "symbolSize": 110,
            "symbolStrokeWidth": 2.5,
            "offset": 10,
            "columnPadding": 18,
        },
        "line": {"strokeWidth": 2.25, "strokeCap": "round", "strokeJoin": "round"},
        "bar": {"cornerRadiusEnd": 2},
        "text": {"color": token("ink-2"), "fontSize": 11},
        "rule": {"color": token("line-strong")},
    }


def table_of(spec: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """The chart's figures: heads and rows of texts."""
    table = spec.get("usermeta", {}).get("table", {})
    return list(table.get("head", [])), [list(row) for row in table.get("rows", [])]


def resolved(spec: Mapping[str, Any], values: Mapping[str, str]) -> Spec:
    """The spec with every token replaced by its value; an unknown token is a KeyError."""

    def walk(value: Any) -> Any:
        if isinstance(value, str) and value.startswith(PREFIX):
            return values[value.removeprefix(PREFIX)]
        if isinstance(value, dict):
            return {name: walk(one) for name, one in value.items()}
        if isinstance(value, list):
            return [walk(one) for one in value]
        return value

    found: Spec = walk({name: value for name, value in spec.items() if name != "usermeta"})
    return found


def to_svg(spec: Mapping[str, Any], width: int = 640, height: int | None = None, font: str = PRINT_FONT) -> str:
    """The chart as SVG for PDF and slides, in the light theme; the same spec always gives the same text."""
    import vl_convert

    found = resolved(narrowed(spec) if width < NARROW else spec, {**tokens(), "font": font})
    found["width"] = width
    if height is not None:
        found["autosize"] = {"type": "fit", "contains": "padding"}
        found["height"] = height
    return _renumbered(str(vl_convert.vegalite_to_svg(found)))


def narrowed(spec: Mapping[str, Any]) -> Spec:
    """The spec with what a narrow drawing lays over it: objects are merged, the rest is replaced."""

    def merged(under: Any, over: Any) -> Any:
        if isinstance(under, Mapping) and isinstance(over, Mapping):
            both = {name: merged(under[name], over[name]) if name in under else over[name] for name in over}
            return {**under, **both}
        return over

    found: Spec = merged(spec, spec.get("usermeta", {}).get("narrow", {}))
    return found


def _renumbered(svg: str) -> str:
    """The SVG with its inner identifiers counted from 1; the library counts on from chart to chart."""
    numbers: dict[str, str] = {}

    def number(match: re.Match[str]) -> str:
        found = numbers.setdefault(match[2], str(len(numbers) + 1))
        return f"{match[1]}{found}"

    return re.sub(r"((?:id=\"|url\(#)(?:clip|gradient_))(\d+)", number, svg)


def measure(field: str, title: str, axis: Spec, **scale: Any) -> Spec:
    """A quantitative axis."""
    return {"field": field, "type": "quantitative", "title": title, "axis": axis, "scale": {"nice": True, **scale}}


def tips(*pairs: tuple[str, str]) -> list[Spec]:
    """What a chart tells of a mark: (field, title)."""
    return [{"field": field, "title": title} for field, title in pairs]


def tone_scale(names: Sequence[str], tones: Sequence[str]) -> Spec:
    """A colour scale from names to tones of the design system."""
    return {"domain": list(names), "range": [token(tone) for tone in tones]}


def tone_or(tone: str, index: int) -> str:
    """The tone that was asked for, or the one of the cycle."""
    return tone or CYCLE[index % len(CYCLE)]
