"""This room in the navigation, the palette and the badges."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accord.core.permissions import scoped
from accord.engines import priority
from accord.engines.priority import CODES, Urgency
from accord.ui import badges, navigation, palette
from accord.ui.badges import Badge, Shape, Tone
from accord.ui.palette import Hit

LOOKS: dict[Urgency, tuple[Tone, Shape]] = {
    Urgency.TRIAGE: ("danger", "bolt"),
    Urgency.DAYS_3: ("danger", "diamond"),
    Urgency.DAYS_14: ("warning", "triangle"),
    Urgency.DAYS_60: ("caution", "square"),
    Urgency.UPGRADE: ("info", "dot"),
    Urgency.NONE: ("neutral", "ring"),
}
SHORT = {Urgency.TRIAGE: "3 days + triage"}


def _label(urgency: Urgency) -> str:
    return SHORT.get(urgency, priority.LABELS[urgency].capitalize())


def _urgency_badges() -> dict[str, Badge]:
    """One badge for each class and for each interval of classes: "3d" and "3d/60d"."""
    found = {code: Badge(_label(u), *LOOKS[u]) for u, code in CODES.items()}
    for worst in Urgency:
        for best in Urgency:
            if best > worst:
                tone, _ = LOOKS[worst]
                label = f"{_label(worst)} to {priority.LABELS[best]}"
                found[f"{CODES[worst]}/{CODES[best]}"] = Badge(label, tone, "half")
    return found


SCAN_STATES = {
    "received": Badge("Received", "neutral", "clock"),
    "reading": Badge("Reading", "info", "half"),
    "applying": Badge("Applying", "info", "half"),
    "landed": Badge("Landed", "good", "check"),
    "refused": Badge("Refused", "danger", "cross"),
    "undoing": Badge("Being undone", "warning", "half"),
    "undone": Badge("Undone", "neutral", "dash"),
}
TARGET_STATES = {
    "unclaimed": Badge("Unclaimed", "warning", "ring"),
    "claimed": Badge("Claimed", "good", "check"),
    "ignored": Badge("Ignored", "neutral", "dash"),
}
FINDING_STATES = {
    "open": Badge("Open", "warning", "ring"),
    "in_progress": Badge("In progress", "info", "half"),
    "claimed": Badge("Fixed, not verified", "info", "clock"),
    "accepted": Badge("Accepted", "neutral", "clock"),
    "closed": Badge("Closed", "good", "check"),
    "false_positive": Badge("False positive", "neutral", "dash"),
    "not_affected": Badge("Not affected", "neutral", "dash"),
    "suppressed": Badge("Suppressed in the scanner", "neutral", "dash"),
    "ignored": Badge("On an ignored target", "neutral", "dash"),
}
STATEMENT_STATES = {
    "not_affected": Badge("Not affected", "good", "check"),
    "false_positive": Badge("False positive", "neutral", "dash"),
    "fixed": Badge("Fixed", "info", "clock"),
    "affected": Badge("Affected", "warning", "triangle"),
    "under_investigation": Badge("Under investigation", "info", "half"),
}


def _definitions(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.exposure.models import Definition, DefinitionAlias

    start = text.upper()
    known = DefinitionAlias.objects.filter(value__gte=start, value__lt=start + "\uffff").values("definition")
    rows = Definition.objects.filter(pk__in=known[: limit * 2])[:limit]
    return [Hit(d.identifier, d.get_absolute_url(), d.title, "finding") for d in rows]


def _findings(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.exposure.models import Finding

    number = text.upper().removeprefix("F-")
    if not number.isdigit() or len(number) > 15:
        return []
    rows = scoped(user, "finding", Finding.objects.filter(pk=int(number)).select_related("definition"))
    return [Hit(f.key, f.get_absolute_url(), f.definition.title, "finding") for f in rows]


def _targets(user: Any, text: str, limit: int) -> list[Hit]:
    from accord.exposure.models import Target

    rows = Target.objects.filter(Q(name__gte=text, name__lt=text + "\uffff"), state=Target.State.UNCLAIMED)
    return [Hit(t.name, t.get_absolute_url(), t.get_kind_display(), "unclaimed") for t in rows.order_by("name")[:limit]]


def declare() -> None:
    badges.register("urgency", _urgency_badges())
    badges.register("scan", SCAN_STATES)
    badges.register("target", TARGET_STATES)
    badges.register("finding", FINDING_STATES)
    badges.register("vex", STATEMENT_STATES)
    entry = navigation.Entry
    navigation.register(
        entry("Exposure", "Findings", "exposure:finding_list", "finding", "view", 10, "finding"),
        entry("Exposure", "Definitions", "exposure:definition_list", "definition", "view", 20, "posture"),
        entry("Exposure", "Scans", "exposure:scan_list", "scan", "view", 30, "scan"),
        entry("Exposure", "VEX statements", "exposure:statement_list", "vex_statement", "view", 35, "scan"),
        entry("Exposure", "Unclaimed", "exposure:unclaimed_list", "unclaimed", "view", 40, "unclaimed"),
        entry("Exposure", "Feeds", "exposure:feed_list", "feed", "view", 50, "feed"),
    )
    palette.register_page(
        "Import scanner files", "exposure:scan_import", noun="scan", verb="import",
        words="upload nessus nmap trivy cyclonedx sarif report",
    )  # fmt: skip
    palette.register_page(
        "Fingerprints: how scans recognize findings", "exposure:fingerprints", noun="fingerprint", verb="view",
        words="duplicates merge versions keys",
    )  # fmt: skip
    palette.register_searcher("definition", "Definitions", _definitions)
    palette.register_searcher("finding", "Findings", _findings)
    palette.register_searcher("unclaimed", "Unclaimed", _targets)
