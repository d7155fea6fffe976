"""The list of targets that belong to no asset; with `?state=` those that do, or that are left out."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from accord.engines.priority import CODES, Urgency
from accord.estate.models import Asset
from accord.exposure.models import Target
from accord.exposure.selectors.narrow import starting
from accord.ui.access import may
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice

FORM = "targets-form"


def _rows(request: HttpRequest) -> QuerySet[Any]:
    found = Target.objects.select_related("asset")
    state = request.GET.get("state", "")
    return found if state in Target.State.values else found.filter(state=Target.State.UNCLAIMED)


def _box(target: Target) -> str:
    """The box by which a row is chosen for the form below the list."""
    return format_html(
        '<input type="checkbox" name="targets" value="{}" form="{}" aria-label="Choose {}">',
        target.pk, FORM, target.name,
    )  # fmt: skip


def _worst(target: Target) -> str | None:
    return None if target.worst_class is None else CODES[Urgency(target.worst_class)]


def _context(request: HttpRequest) -> dict[str, Any]:
    state = request.GET.get("state", "")
    return {
        "may_change": may(request.user, "change", "unclaimed"),
        "may_make": may(request.user, "change", "unclaimed") and may(request.user, "change", "asset"),
        "form_id": FORM,
        "shown_state": state if state in Target.State.values else Target.State.UNCLAIMED.value,
    }


UNCLAIMED = ListSpec(
    noun="unclaimed",
    title="Unclaimed",
    rows=_rows,
    columns=[
        ListColumn("chosen", "Choose", _box, api=False, link=lambda t: None),
        ListColumn("name", "Target", sort="name", link=lambda t: t.get_absolute_url()),
        ListColumn("kind", "Kind", "get_kind_display"),
        ListColumn("addresses", "Addresses", kind="list", blank="none told"),
        ListColumn("open_findings", "Open findings", kind="int", sort="open_findings"),
        ListColumn("worst", "Most urgent", _worst, "badge", "worst_rank", badge="urgency", blank="nothing open"),
        ListColumn("candidates", "Could be", kind="list", blank="no asset known",
                   help="Assets that carry the same identifier; a person decides."),
        ListColumn("last_seen", "Last seen", kind="datetime", sort="last_seen"),
        ListColumn("id", "Identifier", kind="int", hidden=True),
        ListColumn("identity", "Identity", hidden=True),
        ListColumn("state", "State", kind="badge", badge="target", hidden=True),
        ListColumn("hostnames", "Host names", kind="list", hidden=True),
        ListColumn("identifiers", "Identifiers", lambda t: [":".join(p) for p in t.identifiers], "list", hidden=True),
        ListColumn("asset", "Asset", value="asset.key", hidden=True),
        ListColumn("reason", "Reason", hidden=True),
    ],
    filters=[
        ListFilter("search", "Name", "text", lambda found, v: found.filter(starting("name", str(v).strip()))),
        choice("state", "State", Target.State.choices, multiple=False),
        choice("kind", "Kind", Asset.AssetKind.choices),
    ],
    default_sort="worst",
    empty=Empty("Everything that scanners saw belongs to an asset, or is left out on purpose."),
    intro="What scanners saw and no asset answers to. Tie it to an asset, make one of it, or leave it out.",
    template="exposure/unclaimed_list.html",
    context=_context,
)  # fmt: skip
