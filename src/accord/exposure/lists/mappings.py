"""The list of kept mappings."""

from __future__ import annotations

from django.urls import reverse

from accord.exposure.models import ImportMapping
from accord.ui.lists import Empty, ListColumn, ListSpec

MAPPINGS = ListSpec(
    noun="mapping",
    title="Mappings",
    rows=lambda request: ImportMapping.objects.select_related("by"),
    columns=[
        ListColumn("name", "Mapping", sort="name"),
        ListColumn("scanner", "What the files come from"),
        ListColumn("closes", "Files list everything", kind="bool"),
        ListColumn("used", "Last used", kind="datetime", sort="used"),
        ListColumn("by", "Made by", value="by.name"),
    ],
    search=("name",),
    default_sort="name",
    empty=Empty("Hand in a CSV, XLSX or JSON of no known format: you say which column is which, and may keep it.",
                "Import scanner files", "exposure:scan_import", "import", "scan"),
    intro="How files of no known format become findings. Files with the same columns are recognized.",
    link=lambda held: reverse("exposure:mapping_detail", args=[held.pk]),
)  # fmt: skip
