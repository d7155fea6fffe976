"""The list of definitions: kinds of weakness, with how often each is open."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from accord.core.ledger import canonical
from accord.core.models import LedgerEntry
from accord.exposure.lists.findings import FOUND, NUMBERS, SEVERITIES
from accord.exposure.models import Definition, DefinitionAlias
from accord.exposure.selectors import search
from accord.exposure.selectors.narrow import starting
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, period, yes_no


def _search(found: QuerySet[Any], value: Any) -> QuerySet[Any]:
    """By the beginning of an identifier; where none begins so, by words. One query more."""
    text = str(value).strip()
    known = DefinitionAlias.objects.filter(starting("value", text.upper()))
    keys = list(known.values_list("definition_id", flat=True)[:FOUND])
    return found.filter(pk__in=keys or search.definitions(text))


def _rated(found: QuerySet[Any], value: Any) -> QuerySet[Any]:
    return found.filter(severity__in=[NUMBERS[v] for v in value])


def _entered(found: QuerySet[Any], ends: tuple[datetime | None, datetime | None]) -> QuerySet[Any]:
    """Those that entered the catalogue within a period, as the ledger tells: also what left it again, and not what was
    in it when it was first found."""
    rows = LedgerEntry.objects.filter(
        noun="definition", verb="change", before=canonical({"known_exploited": False}),
        after=canonical({"known_exploited": True}),
    )  # fmt: skip
    for end, lookup in zip(ends, ("at__gte", "at__lt"), strict=True):
        if end is not None:
            rows = rows.filter(**{lookup: end.astimezone(UTC).isoformat(timespec="microseconds")})
    return found.filter(identifier__in=rows.order_by().values("key"))


DEFINITIONS = ListSpec(
    noun="definition",
    title="Definitions",
    rows=lambda request: Definition.objects.defer("description", "solution", "references", "cvss_vectors"),
    columns=[
        ListColumn("identifier", "Identifier", sort="identifier"),
        ListColumn("title", "Weakness"),
        ListColumn("kind", "Kind", "get_kind_display"),
        ListColumn("open_findings", "Open findings", kind="int", sort="open_findings"),
        ListColumn("known_exploited", "Known exploited", kind="bool"),
        ListColumn("epss", "EPSS", kind="share", sort="epss"),
        ListColumn("severity", "Severity", "severity_name", "badge", badge="severity"),
        ListColumn("cvss_score", "CVSS", kind="number"),
        ListColumn("cwes", "CWE", kind="list", hidden=True),
    ],
    filters=[
        ListFilter("search", "CVE, advisory, check or words", "text", _search),
        choice("kind", "Kind", Definition.Kind.choices),
        ListFilter("severity", "Severity", "choice", _rated, SEVERITIES, multiple=True),
        yes_no("known_exploited", "Known exploited", nullable=True),
        period("entered", "Became known exploited in", _entered),
    ],
    default_sort="-open_findings",
    empty=Empty("A definition appears with the first finding of its kind."),
)
