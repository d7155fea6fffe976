"""One declaration per list: the same `ListSpec` serves the screen, the API and the CSV download.

    FINDINGS = ListSpec(
        noun="finding", title="Findings",
        rows=lambda request: selectors.findings_for(request.user),
        columns=(ListColumn("key", "Finding", sort="key", link=lambda f: f.get_absolute_url()), ...),
        filters=(choice("severity", "Severity", Severity.choices), ...),
        search=("key__istartswith", "title"), default_sort="-priority",
    )
    path("findings/", list_page(FINDINGS), name="findings")

URL parameters, on screen and on the API alike: `q`, each filter's name, `sort` (`-field` downwards),
`after` and `before` (opaque cursors), `limit` (at most 200).
"""

from __future__ import annotations

from accord.ui.lists.cursor import Page
from accord.ui.lists.output import csv_response, item, list_json
from accord.ui.lists.query import Count, ListState, ParameterError, parse, sparse
from accord.ui.lists.screen import list_context, list_csv, list_page
from accord.ui.lists.spec import (
    COUNT_CAP,
    MAX_LIMIT,
    SPARSE_CAP,
    UNKNOWN_CHOICE,
    Empty,
    ListColumn,
    ListFilter,
    ListSpec,
    choice,
    date_from,
    date_to,
    period,
    reference,
    text,
    write_period,
    yes_no,
)

__all__ = [
    "COUNT_CAP",
    "MAX_LIMIT",
    "SPARSE_CAP",
    "UNKNOWN_CHOICE",
    "Count",
    "Empty",
    "ListColumn",
    "ListFilter",
    "ListSpec",
    "ListState",
    "Page",
    "ParameterError",
    "choice",
    "csv_response",
    "date_from",
    "date_to",
    "item",
    "list_context",
    "list_csv",
    "list_json",
    "list_page",
    "parse",
    "period",
    "reference",
    "sparse",
    "text",
    "write_period",
    "yes_no",
]
