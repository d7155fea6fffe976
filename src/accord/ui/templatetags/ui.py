"""Tags and filters of the design system. In a template: `{% load ui %}`.

Filters write a value for a reader (money, compact_money, number, percent, day, moment, known); tags draw
parts (icon, badge, cell, field, statement, interval_plot, share_bar, chart, two_keys, timeline, progress).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accord.ui import account_links, badges, bundle, navigation
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.lists.spec import RIGHT_ALIGNED

register = template.Library()


def _or_unknown(text: str) -> str | SafeString:
    return unknown_mark() if text == write.UNKNOWN else text


def unknown_mark() -> SafeString:
    """The word "unknown" as screens show it."""
    return mark_safe('<span class="unknown">unknown</span>')


@register.filter
def money(value: Any, currency: str | None = None) -> str:
    """Money in whole units of the organization's currency."""
    return _or_unknown(write.money(value, currency))


@register.filter
def compact_money(value: Any, currency: str | None = None) -> str:
    """Money in three figures: €1.25m."""
    return _or_unknown(write.money(value, currency, compact=True))


@register.filter
def dated(value: Any) -> str:
    """A name with the ISO dates among its words as dates are written here."""
    return write.dated(value)


@register.filter
def number(value: Any, digits: int | None = None) -> str:
    """A number with thousands separators."""
    return _or_unknown(write.number(value, digits))


@register.filter
def percent(value: Any, digits: int | None = None) -> str:
    """A share (0 to 1) as a percentage."""
    return _or_unknown(write.percent(value, digits))


@register.filter
def day(value: Any) -> str:
    """A day as 3 Feb 2026."""
    return _or_unknown(write.date(value))


@register.filter
def moment(value: Any) -> str:
    """A moment with its zone."""
    return _or_unknown(write.datetime(value))


@register.filter
def known(value: Any) -> Any:
    """The value, or the word "unknown" where there is none."""
    return unknown_mark() if write.is_unknown(value) else value


@register.filter
def yes_no(value: Any) -> str:
    """yes, no or unknown."""
    return _or_unknown(write.yes_no(value))


@register.filter
def lookup(mapping: Any, name: Any) -> Any:
    """mapping[name], None where it has none."""
    return mapping.get(name) if isinstance(mapping, Mapping) else getattr(mapping, str(name), None)


@register.simple_tag(takes_context=True)
def main_menu(context: Any) -> list[navigation.Group]:
    """The sidebar's groups for the user of this request; empty on pages without one."""
    request = context.get("request")
    return navigation.menu(request) if request is not None else []


@register.simple_tag
def account_menu() -> list[tuple[str, str, str]]:
    """(label, address, icon) of the user menu."""
    return account_links.links()


@register.simple_tag
def notice() -> str:
    """What the installation says on every page (the sample company is marked as invented)."""
    return str(getattr(settings, "ACCORD_NOTICE", ""))


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A symbol of the sprite; decorative unless it has a label."""
    href = f"{static('ui/icons.svg')}#{name}"
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def badge(family: str, value: Any, label: str = "") -> SafeString:
    """A badge of a family (see `accord.ui.badges`)."""
    found = badges.find(family, value)
    return format_html(
        '<span class="badge badge-{}">{}{}</span>',
        found.tone,
        icon(f"shape-{found.shape}"),
        label or found.label,
    )


@register.simple_tag
def cell(entry: Any) -> str | SafeString:
    """One cell of a list (see `accord.ui.lists.screen.Cell`)."""
    column = entry.column
    if column.kind == "badge":
        shown: Any = badge(column.badge or column.name, entry.value)
    elif entry.unknown or entry.text == write.UNKNOWN:
        shown = format_html('<span class="muted">{}</span>', column.blank) if column.blank else unknown_mark()
    elif column.kind == "share":
        shown = format_html('{}<span class="share-figure">{}</span>', share_bar(entry.value), entry.text)
    elif column.kind == "list":
        shown = format_html_join("", '<span class="tag">{}</span>', ((v,) for v in entry.text.split("; ")))
    elif column.kind == "long":
        shown = format_html('<span class="clamp">{}</span>', entry.text)
    else:
        shown = entry.text
    return format_html('<a href="{}">{}</a>', entry.href, shown) if entry.href else shown


@register.filter
def right(kind: str) -> bool:
    """True for kinds of values that are aligned to the right."""
    return kind in RIGHT_ALIGNED


@register.simple_tag
def share_bar(value: Any, tone: str = "") -> SafeString:
    """A small bar for a share (0 to 1), decorative beside the figure."""
    share = write.as_decimal(value)
    if share is None:
        return mark_safe("")
    width = max(0.0, min(1.0, float(share))) * 60
    return format_html(
        '<svg class="sharebar {}" viewBox="0 0 60 6" aria-hidden="true" preserveAspectRatio="none">'
        '<rect class="track" width="60" height="6" rx="3"></rect>'
        '<rect class="fill" width="{}" height="6" rx="3"></rect></svg>',
        tone,
        f"{width:.1f}",
    )


@register.simple_tag
def interval_plot(low: Any, mid: Any, high: Any, top: Any = None, unit: str = "money") -> SafeString:
    """An interval as a line with a dot at its middle, on a scale from 0 to `top` (default: the high end)."""
    ends = [write.as_decimal(v) for v in (low, mid, high)]
    if ends[0] is None or ends[2] is None:
        return unknown_mark()
    scale = float(write.as_decimal(top) or ends[2]) or 1.0
    at = [None if v is None else max(0.0, min(1.0, float(v) / scale)) * 112 + 4 for v in ends]
    dot = format_html('<circle cx="{}" cy="7" r="3.5"></circle>', f"{at[1]:.1f}") if at[1] is not None else ""
    return format_html(
        '<svg class="interval" viewBox="0 0 120 14" role="img" aria-label="{}">'
        '<line class="axis" x1="4" x2="116" y1="7" y2="7"></line>'
        '<line class="span" x1="{}" x2="{}" y1="7" y2="7"></line>{}</svg>',
        f"{write.quantity(mid, unit)}, {write.interval(low, high, unit)}",
        f"{at[0]:.1f}",
        f"{at[2]:.1f}",
        dot,
    )


@register.inclusion_tag("ui/parts/field.html")
def field(bound: BoundField, wide: bool = False) -> dict[str, Any]:
    """A form field with its label, help and errors."""
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "") or type(widget).__name__.lower()
    if kind == "checkbox" and getattr(widget, "allow_multiple_selected", False):
        kind = "checkboxselectmultiple"
    described = []
    if bound.help_text:
        described.append(f"{bound.auto_id}_helptext")
    if bound.errors:
        described.append(f"{bound.auto_id}_error")
    attrs: dict[str, str | bool] = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return {"field": bound, "kind": kind, "control": bound.as_widget(attrs=attrs), "wide": wide}


@register.inclusion_tag("ui/parts/statement.html")
def statement(fact: Any, size: str = "", hint: str = "") -> dict[str, Any]:
    """A card of one statement (see `accord.ui.parts.statement_parts` for what it reads)."""
    from accord.ui.parts import statement_parts

    return {**statement_parts(fact), "size": size, "hint": hint}


@register.inclusion_tag("ui/parts/two_keys.html", takes_context=True)
def two_keys(context: Any, keys: Sequence[Any]) -> dict[str, Any]:
    """The two slots of a decision: CIO and CISO (see `accord.ui.parts.KeySlot`)."""
    return {"keys": keys, "request": context.get("request")}


@register.inclusion_tag("ui/parts/timeline.html")
def timeline(entries: Sequence[Any]) -> dict[str, Any]:
    """An object's history (see `accord.ui.parts.history`)."""
    return {"entries": entries}


@register.inclusion_tag("ui/parts/job.html", takes_context=True)
def progress(context: Any, job: Any, url: str = "", next_url: str = "") -> dict[str, Any]:
    """A job's progress; polls its own address until the job is over."""
    return {"job": job, "url": url, "next_url": next_url, "request": context.get("request")}


@register.simple_tag(takes_context=True)
def may_see_trace(context: Any, job: Any) -> bool:
    """Whether this reader is shown where in the program a job broke: those who run jobs are."""
    request = context.get("request")
    return bool(request and job.broke and may(request.user, "change", "job"))


@register.inclusion_tag("ui/parts/chart.html")
def chart(spec: Mapping[str, Any], title: str, identifier: str, note: str = "", size: str = "") -> dict[str, Any]:
    """A chart from a Vega-Lite dict (see `accord.ui.charts`), with its rows as a table beside it."""
    from accord.ui.charts import table_of

    head, rows = table_of(spec)
    return {
        "spec": json_block(spec),
        "title": title,
        "identifier": identifier,
        "note": note,
        "size": size,
        "head": head,
        "rows": rows,
    }


@register.simple_tag
def chart_scripts() -> SafeString:
    """The chart library; put into the block `scripts` of a page that has charts."""
    return format_html(
        '<script src="{}?v={}" defer></script><script src="{}" defer></script>',
        reverse("ui:vega"),
        bundle.tag(),
        static("ui/charts.js"),
    )


def json_block(value: Any) -> SafeString:
    """JSON that is safe inside a script element."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return mark_safe(text.replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026"))
