"""The list of software by its end of support."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accord.exposure.models import EndedSupport
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, date_to, text

STATES = (("ended", "Ended"), ("running", "Supported"), ("unknown", "Cannot be told"))
VALUES = {"ended": True, "running": False, "unknown": None}


def _rows(request: HttpRequest) -> QuerySet[Any]:
    return EndedSupport.objects.select_related("target", "target__asset")


def _state(row: EndedSupport) -> str:
    return "unknown" if row.ended is None else "ended" if row.ended else "running"


def _by_state(rows: QuerySet[Any], value: Any) -> QuerySet[Any]:
    wanted = VALUES[str(value)]
    return rows.filter(ended__isnull=True) if wanted is None else rows.filter(ended=wanted)


SUPPORT = ListSpec(
    noun="support",
    title="End of support",
    rows=_rows,
    columns=[
        ListColumn("software", "Software", sort="software", link=lambda row: None),
        ListColumn("target", "On", "target.name", sort="target__name", link=lambda row: row.target.get_absolute_url()),
        ListColumn("asset", "Asset", "target.asset.key", blank="nobody's"),
        ListColumn("state", "Support", _state, "badge", badge="support"),
        ListColumn("ends", "Ends", kind="date", sort="ends", blank="no day known"),
        ListColumn("product", "Product of the feed", sort="product"),
        ListColumn("cycle", "Cycle", blank="not told"),
        ListColumn("matched_by", "Told by"),
    ],
    filters=[
        ListFilter("state", "Support", "choice", _by_state, STATES),
        text("product", "Product", "product", "istartswith"),
        date_to("by", "Ends by", "ends"),
    ],
    default_sort="ends",
    empty=Empty(
        "No software was matched with a cycle of the end-of-life feed yet: load the feed, then compute the coverage.",
        "Feeds", "exposure:feed_list", "view", "feed",
    ),
    intro="Operating systems and components that scans saw, by the end-of-life dates of their products.",
)  # fmt: skip
