"""The ledger to read, prove and take out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import ledger
from accord.core.models import LedgerEntry
from accord.core.permissions import allowed, guard
from accord.core.streaming import stream
from accord.ui import parts
from accord.ui.lists import Empty, ListColumn, ListSpec, list_page, text

LIST = ListSpec(
    noun="ledger",
    title="Ledger",
    rows=lambda request: LedgerEntry.objects.all(),
    columns=[
        ListColumn("number", "Number", kind="int", sort="number"),
        ListColumn("at", "When", value=lambda e: datetime.fromisoformat(e.at), kind="datetime"),
        ListColumn("actor", "Who"),
        ListColumn("verb", "What"),
        ListColumn("noun", "Of", value=lambda e: e.noun.replace("_", " ")),
        ListColumn("key", "Which"),
        ListColumn("hash", "Hash", value=lambda e: e.hash[:16]),
    ],
    filters=[
        text("noun", "Noun", lookup="exact"),
        text("key", "Which (exact)", lookup="exact"),
        text("actor", "Who (exact)", lookup="exact"),
    ],
    default_sort="-number",
    empty=Empty("Nothing was written yet."),
    intro="Every write, in one chain: each entry carries the hash of the one before it.",
    link=lambda entry: reverse("site:ledger_entry", args=[entry.number]),
    template="site/ledger.html",
    context=lambda request: {"may_export": allowed(request.user, "export", "ledger")},
)
LIST_VIEW = list_page(LIST)


@guard("view", "ledger")
@require_GET
def entry(request: HttpRequest, number: int) -> HttpResponse:
    """One entry: what changed, and how it hangs in the chain."""
    found = get_object_or_404(LedgerEntry, number=number)
    row: dict[str, Any] = {name: getattr(found, name) for name in (*ledger.FIELDS, "previous_hash", "hash")}
    holds = ledger.digest(found.previous_hash, row) == found.hash
    context = {
        "title": f"Ledger entry {number:,}", "entry": found, "holds": holds,
        "history": [parts.history_entry(found, subject=True)], "breadcrumb": [("Ledger", reverse("site:ledger"))],
    }  # fmt: skip
    return render(request, "site/ledger_entry.html", context)


@guard("view", "ledger")
@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Prove the whole chain now."""
    verdict = ledger.verify()
    if verdict.holds:
        messages.success(request, f"The chain holds: {verdict.entries:,} entries, head {verdict.head[:16]}….")
    else:
        messages.error(request, f"Entry {verdict.broken} is broken: {verdict.problem}.")
    return redirect("site:ledger")


@guard("export", "ledger")
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The chain as JSON lines."""
    response = stream(request, ledger.lines(), "application/x-ndjson; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="accord-ledger.jsonl"'
    return response
