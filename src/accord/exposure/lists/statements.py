"""The list of VEX statements."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from accord.exposure.lists.findings import definitions_named
from accord.exposure.models import VexStatement
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, date_from


def _rows(request: HttpRequest) -> QuerySet[Any]:
    return VexStatement.objects.select_related("definition", "asset", "target")


def _standing(found: QuerySet[Any], value: Any) -> QuerySet[Any]:
    return found.filter(ended__isnull=bool(value))


STATEMENTS = ListSpec(
    noun="vex_statement",
    title="VEX statements",
    rows=_rows,
    columns=[
        ListColumn("key", "Statement", kind="key"),
        ListColumn("definition", "Of the weakness", value="definition.identifier",
                   link=lambda s: s.definition.get_absolute_url()),
        ListColumn("status", "It says", kind="badge", badge="vex"),
        ListColumn("about", "About", "subject"),
        ListColumn("justification", "Because", lambda s: s.justification_text or s.impact[:200] or None,
                   blank="not told"),
        ListColumn("author", "Author", blank="not told"),
        ListColumn("said", "Said", kind="datetime", sort="said"),
        ListColumn("stands", "Stands", kind="bool"),
        ListColumn("reach", "Reach", "get_reach_display", hidden=True),
        ListColumn("purl", "Package URL", hidden=True),
        ListColumn("version", "Version", hidden=True),
        ListColumn("asset", "Asset", value="asset.key", hidden=True),
        ListColumn("target", "Target", value="target.identity", hidden=True),
        ListColumn("justification_code", "Justification (VEX)", "justification", hidden=True),
        ListColumn("impact", "Impact", hidden=True),
        ListColumn("action", "Action", hidden=True),
        ListColumn("made", "Came in", kind="datetime", hidden=True),
        ListColumn("ended", "Ended", kind="datetime", hidden=True),
        ListColumn("end", "How it ended", hidden=True),
        ListColumn("end_reason", "Why it ended", hidden=True),
        ListColumn("scan", "Document (scan)", "scan_id", "int", hidden=True),
    ],
    filters=[
        ListFilter("definition", "CVE or other identifier", "text",
                   lambda found, v: found.filter(definition__in=definitions_named(str(v).strip()))),
        choice("status", "It says", VexStatement.Status.choices),
        ListFilter("stands", "Stands", "bool", _standing),
        date_from("since", "Said since", "said__date"),
    ],
    default_sort="-said",
    empty=Empty("Import a VEX document (OpenVEX, CSAF, CycloneDX), or say what you know yourself.", "Say something",
                "exposure:statement_new", "change", "vex_statement"),
    intro="What suppliers and our own people say of weaknesses. A statement wins over scanners as long as it stands.",
    actions=[("Say something", "exposure:statement_new", "change", "vex_statement"),
             ("VEX and SBOM to hand on", "exposure:documents", "export", "finding")],
)  # fmt: skip
