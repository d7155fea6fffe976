"""A sheet as its page shows it: options side by side, figures, clock and picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import Http404
from django.utils import timezone

from accord.decisions import selectors
from accord.decisions.models import Sheet
from accord.ui import charts

TONES = {"now": "accent", "window": "cio", "mitigate": "good", "accept": "danger"}


def sheet_or_404(key: str) -> Sheet:
    found = selectors.find_sheet(key)
    if found is None:
        raise Http404(f"There is no sheet “{key[:100]}”.")
    return found


def shown(sheet: Sheet) -> dict[str, Any]:
    """What a sheet says, for its page: the options side by side, the figures of the whole, what is missing.

    Nothing of that where its options are not computed yet.
    """
    content = sheet.shown
    return shown_content(content) if content else {"content": {}, "options": [], "rows": [], "facts": []}


def shown_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same of figures that are not (or not yet) kept. No query."""
    options = content["options"]
    rows: dict[str, dict[str, Any]] = {}
    for place, option in enumerate(options):
        for fact in option["facts"]:
            row = rows.setdefault(
                fact["key"], {"label": fact["label"], "source": fact["source"], "cells": [None] * len(options)}
            )
            row["cells"][place] = fact
    last = ""
    for row in rows.values():  # a source that is that of the row above is not said again
        row["source"], last = "" if row["source"] == last else row["source"], row["source"]
    return {
        "content": content,
        "options": options,
        "rows": list(rows.values()),
        "facts": [selectors.statement_of(fact) for fact in content["facts"]],
        "clock": _clock(content, timezone.now()),
        "proposal": next((one["name"] for one in options if one["key"] == content.get("proposal")), ""),
        **(_patch(content) if content["kind"] == Sheet.Kind.PATCH_OR_WAIT else {}),
    }  # fmt: skip


def _clock(content: Mapping[str, Any], now: datetime) -> dict[str, Any] | None:
    """Time since awareness and until the stated deadline; None where awareness is not stated."""
    inputs = content["inputs"]
    if content["kind"] != "materiality" or not inputs["aware_at"]:
        return None
    aware = datetime.fromisoformat(inputs["aware_at"])
    due = datetime.fromisoformat(content["due"]) if content.get("due") else None
    return {
        "aware": aware, "elapsed": _hours(now - aware), "due": due,
        "left": None if due is None else _hours(abs(due - now)), "over": due is not None and now > due,
        "basis": inputs["deadline_basis"],
    }  # fmt: skip


def _hours(span: Any) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d {hours % 24} h" if hours >= 48 else f"{hours} h"


def _patch(content: Mapping[str, Any]) -> dict[str, Any]:
    """The picture and the chances of a sheet. No query."""
    return {"picture": picture(content), "picture_id": "course", "beats": content.get("beats", ())}


def picture(content: Mapping[str, Any]) -> dict[str, Any] | None:
    """Cost over the days of each option, with the day on which waiting has cost as much as patching now."""
    path = content.get("path")
    if not path:
        return None
    courses = []
    for one in path["ways"]:
        low, mid, high = one["ends"]
        courses.append(charts.Course(one["name"], low, mid, high, TONES.get(one["key"], "")))
    facts = {fact["key"]: fact for fact in content["facts"]}
    words = {"sheet.break_even": "waiting = patching now", "sheet.worth_waiting": "window = patching now"}
    marks = [
        (facts[key]["value"], text) for key, text in words.items() if key in facts and facts[key]["value"] is not None
    ]
    return charts.waiting(path["days"], courses, marks, currency=content["currency"])
