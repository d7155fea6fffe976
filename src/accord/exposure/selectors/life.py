"""What happened to a finding, told together from the ledger and from the journals of imports; and a scan's scope."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse

from accord.core import ledger
from accord.core.models import LedgerEntry
from accord.exposure.models import Finding, Scan, ScanTarget
from accord.exposure.services import journal
from accord.ui import format as write
from accord.ui.parts import HistoryEntry, history_entry
from accord.ui.telling import told

LIMIT = 40
VERBS = {
    "add": ("found it", "warning"), "see": ("saw it again", "neutral"), "change": ("saw it changed", "info"),
    "close": ("looked for it and did not see it: closed", "good"),
    "verify": ("looked for it and did not see it: the fix is verified", "good"),
    "reopen": ("saw it again: open", "warning"), "stale": ("looked there without looking for it", "warning"),
    "claim": ("calls it fixed", "info"), "expire": ("saw it after its acceptance had ended", "warning"),
    "ignore": ("saw it on a target that is left out", "neutral"),
}  # fmt: skip
SHOWN = {
    "state": "State", "version": "Version", "fixed_version": "Fixed in", "severity": "Severity", "cvss_score": "CVSS",
    "note": "Note", "path": "Path", "line": "Line", "port": "Port", "component": "Component",
}  # fmt: skip


def history_of(finding: Finding) -> list[HistoryEntry]:
    """The newest first, what was merged into it included. At most five queries."""
    own = ledger.history("finding", finding.key, LIMIT)
    merged = [name for name in map(_was, own) if name]
    others = LedgerEntry.objects.filter(noun="finding", key__in=merged).order_by("-number")[:LIMIT] if merged else []
    keys = [finding.pk, *(int(name[2:]) for name in merged[:5])]
    entries = [history_entry(entry) for entry in (*own, *others)]
    entries += [_of_import(*told) for pk in keys for told in journal.history(pk, LIMIT)]
    return sorted(entries, key=lambda one: one.at, reverse=True)[:LIMIT]


def _was(entry: LedgerEntry) -> str:
    """The finding that an entry says went into this one."""
    if entry.verb != "merge" or not entry.after:
        return ""
    return str(json.loads(entry.after).get("was", ""))


def _of_import(scan: Scan, verb: str, before: dict[str, Any] | None, after: dict[str, Any]) -> HistoryEntry:
    words, tone = VERBS.get(verb, (verb, "neutral"))
    changes = [(label, told("finding", name, (before or {}).get(name)), told("finding", name, after[name]))
               for name, label in SHOWN.items() if name in after]  # fmt: skip
    if scan.state == Scan.State.UNDONE:
        words += " (the import was undone)"
    if verb == "stale":
        words += f": {_looked(scan)}"
    at = scan.landed or scan.received
    return HistoryEntry(
        actor=scan.scanner or scan.format or "A scan", verb=words, at=at, changes=changes if verb != "add" else (),
        subject="", kind="change", tone=tone,
    )  # fmt: skip


def _looked(scan: Scan) -> str:
    return f"scanned {write.plain('datetime', scan.observed)}"


def stale_because(finding: Finding) -> tuple[str, str] | None:
    """Why it is stale, in words, and the page of the scan that says so; None where it is not. One query."""
    if finding.stale_since is None:
        return None
    looked = Scan.objects.filter(observed=finding.stale_since)
    of_asset = Q(covered__target__asset_id=finding.asset_id) if finding.asset_id else Q()
    scan = looked.filter(Q(covered__target_id=finding.target_id) | of_asset).order_by("-pk").first()
    if scan is None:
        return (
            f"It was looked at on {write.plain('datetime', finding.stale_since)} by a scan that did not look for it.",
            "",
        )
    who = scan.scanner or scan.format
    text = f"It was looked at on {write.plain('datetime', scan.observed)} by {who}, which did not look for it."
    return text, reverse("exposure:scan_detail", args=[scan.pk])


def scope_of(scan: Scan) -> str:
    """Which targets and which checks a scan covered, in words. One query."""
    told = Q(checks__gt=0) | Q(groups__gt=0)
    held = ScanTarget.objects.filter(scan=scan).aggregate(
        n=Count("pk"), told=Count("pk", filter=told), whole=Count("pk", filter=told & Q(exhaustive=True)),
        unfinished=Count("pk", filter=Q(complete=False)), inside=Count("pk", filter=Q(credentials=True)),
        outside=Count("pk", filter=Q(credentials=False)), checks=Max("checks"), groups=Max("groups"),
    )  # fmt: skip
    if not held["n"]:
        return ""
    parts = [f"It looked at {_number(held['n'], 'target')}."]
    if held["told"]:
        ran = [_number(held["checks"], "check") + " by name"] if held["checks"] else []
        ran += [_number(held["groups"], "family", "families") + " of checks"] if held["groups"] else []
        where = "there" if held["told"] == held["n"] else f"on {held['told']:,} of them"
        parts.append(
            f"The file names up to {' and '.join(ran)} that ran {where}: what it did not see of these is closed."
        )
        if held["whole"]:
            parts.append(f"On {held['whole']:,} it says that nothing else ran: other findings there are stale.")
    else:
        parts.append("The file does not tell which checks ran: nothing is closed by it.")
    if 0 < held["told"] < held["n"]:
        parts.append(f"On {held['n'] - held['told']:,} it does not tell which checks ran: nothing is closed there.")
    if held["unfinished"]:
        parts.append(f"It did not finish on {held['unfinished']:,}: nothing is closed there.")
    if held["inside"] or held["outside"]:
        parts.append(f"It could log in to {held['inside']:,} and not to {held['outside']:,}.")
    return " ".join(parts)


def _number(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
