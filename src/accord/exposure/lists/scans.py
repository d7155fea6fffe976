"""The list of scans."""

from __future__ import annotations

from accord.exposure.models import Scan
from accord.ui.lists import Empty, ListColumn, ListSpec, choice, date_from, text

SCANS = ListSpec(
    noun="scan",
    title="Scans",
    rows=lambda request: Scan.objects.select_related("by").defer("problems"),
    columns=[
        ListColumn("name", "File"),
        ListColumn("scanner", "Scanner"),
        ListColumn("state", "State", kind="badge", badge="scan"),
        ListColumn("observed", "Scanned", kind="datetime", sort="observed"),
        ListColumn("targets", "Targets", kind="int"),
        ListColumn("observations", "Observations", kind="int"),
        ListColumn("added", "Added", kind="int"),
        ListColumn("closed", "Closed", kind="int"),
        ListColumn("reopened", "Reopened", kind="int"),
        ListColumn("refused", "Rows refused", kind="int"),
        ListColumn("received", "Received", kind="datetime", sort="received"),
        ListColumn("id", "Scan", kind="int", hidden=True),
        ListColumn("format", "Format", hidden=True),
        ListColumn("title", "Title", hidden=True),
        ListColumn("changed", "Changed", kind="int", hidden=True),
        ListColumn("unchanged", "Unchanged", kind="int", hidden=True),
        ListColumn("percent", "Applied, percent", kind="int", hidden=True),
        ListColumn("by", "By", value="by.email", hidden=True),
    ],
    filters=[
        choice("state", "State", Scan.State.choices),
        text("scanner", "Scanner", lookup="istartswith"),
        date_from("since", "Scanned since", "observed__date"),
    ],
    default_sort="-received",
    empty=Empty("Import the report of a scanner; what it looked at and what it found is listed here.",
                "Import scanner files", "exposure:scan_import", "import", "scan"),
    actions=[("Import scanner files", "exposure:scan_import", "import", "scan")],
)  # fmt: skip
