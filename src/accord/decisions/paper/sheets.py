"""A sheet on paper, from what it froze and its keys, so that it never changes once it is signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from accord.core.twokey import TwoKeyState
from accord.decisions.models import Sheet
from accord.decisions.selectors.sheets import statement_of
from accord.outlet.sheet_pdf import SheetPaper, write_pdf
from accord.ui import format as write

STATES = {"signed": "signed", "dissent": "dissents", "waiting": "Has not signed"}


def sheet_pdf(sheet: Sheet, picture: dict[str, Any] | None, after: Sequence[Any] = ()) -> bytes:
    """The PDF of a sheet whose options are computed. `after`: what really happened, where something is known."""
    from accord.ui.charts import to_svg

    content = sheet.shown
    options = content["options"]
    rows: dict[str, tuple[str, list[str]]] = {}
    for place, option in enumerate(options):
        for fact in option["facts"]:
            row = rows.setdefault(fact["key"], (fact["label"], ["–"] * len(options)))
            row[1][place] = fact["figure"] + (f" ({fact['spread']})" if fact["spread"] else "")
    paper = SheetPaper(
        key=sheet.key, title=sheet.title,
        organization=" · ".join(text for text in (settings.ACCORD_ORGANIZATION, settings.ACCORD_NOTICE) if text),
        status=_status(sheet), why=sheet.note, as_of=_as_of(sheet), hash=sheet.content_hash,
        url=f"{settings.ORIGIN}/sheets/{sheet.key}/" if settings.ORIGIN else "",
        figures=[(one.label, one.figure, one.spread or one.note) for one in map(statement_of, content["facts"])],
        options=[one["name"] + (" (chosen)" if one["key"] == content.get("chosen") else "") for one in options],
        rows=list(rows.values()), lines=content.get("plain", ()),
        missing=[f"{row['what']} {row['remedy']}" for row in content["missing"]],
        sources=[content["reason"]] * bool(content["reason"]) + content["explained"], keys=_keys(sheet),
        picture=to_svg(picture, 640).encode() if picture else b"",
        caption="What each option has cost by each day" if picture else "",
        alternative=" ".join(content.get("plain", ())),
        after=[(one.what, one.forecast, one.really) for one in after if one.verdict != "open"],
    )  # fmt: skip
    return write_pdf(paper)


def _as_of(sheet: Sheet) -> dt.date:
    moments = (sheet.created, sheet.proposed_at, sheet.cio_signed_at, sheet.ciso_signed_at, sheet.dissent_at)
    return timezone.localdate(max(moment for moment in moments if moment is not None))


def _status(sheet: Sheet) -> str:
    chosen = sheet.shown.get("chosen_name", "")
    until = f" It holds until {write.date(sheet.until)}." if sheet.until else ""
    if sheet.state == TwoKeyState.IN_FORCE and sheet.in_force_at is not None:
        return f"In force since {write.date(sheet.in_force_at)}, signed by both: {chosen}.{until}"
    return f"{TwoKeyState(sheet.state).label}{f': {chosen}' if chosen else ''}.{until}"


def _keys(sheet: Sheet) -> list[tuple[str, str, str]]:
    if sheet.state in (TwoKeyState.DRAFT, TwoKeyState.WITHDRAWN):
        return []
    found = []
    for slot in sheet.slots:
        words = STATES[slot["state"]]
        if slot["signer"] is not None and slot["at"] is not None:
            words = f"{slot['signer']} {words} on {write.datetime(slot['at'])}"
        why = f": {slot['dissent']}" if slot["dissent"] else ""
        found.append((slot["label"], slot["state"], f"{words}{why}."))
    return found
