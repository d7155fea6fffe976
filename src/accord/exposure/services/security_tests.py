"""Writes what comes of tests of security: the scans that are their results, and the report."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import StoredFile, User
from accord.exposure.models import Finding, Scan, SecurityTest, SecurityTestFinding, SecurityTestScan


def link_scan(actor: User, test: SecurityTest, scan: Scan) -> int:
    """The findings of a scan that has landed become results of the test; returns how many are new there."""
    if scan.state != Scan.State.LANDED:
        raise Refused(
            Problem(None, "scan", f"Scan {scan.pk} has not landed.", "Wait until it is in, or choose another.")
        )
    with ledger.write(actor) as log:
        _, made = SecurityTestScan.objects.get_or_create(test=test, scan=scan)
        found = Finding.objects.filter(Q(first_scan=scan) | Q(last_scan=scan)).values_list("pk", flat=True)
        known = set(test.findings.values_list("finding_id", flat=True))
        new = [pk for pk in found if pk not in known]
        SecurityTestFinding.objects.bulk_create(
            [SecurityTestFinding(test=test, finding_id=pk) for pk in new], batch_size=500
        )
        if made or new:
            log.add("link", "security_test", test.key, None, {"scan": scan.pk, "findings": len(new)})
    return len(new)


def unlink_scan(actor: User, test: SecurityTest, scan: Scan) -> None:
    """The scan is no result of the test any more; findings that another of its scans saw stay."""
    with ledger.write(actor) as log:
        SecurityTestScan.objects.filter(test=test, scan=scan).delete()
        left = list(test.scans.values_list("scan_id", flat=True))
        gone = test.findings.exclude(Q(finding__first_scan_id__in=left) | Q(finding__last_scan_id__in=left))
        number, _ = gone.delete()
        log.add("unlink", "security_test", test.key, {"scan": scan.pk, "findings": number}, None)


def keep_report(actor: User, test: SecurityTest, stored: StoredFile) -> None:
    """The report of a test, as a file that was kept."""
    with ledger.write(actor) as log:
        before = test.report.name if test.report is not None else None
        test.report = stored
        test.save(update_fields=["report"])
        log.add("report", "security_test", test.key, {"report": before}, {"report": stored.name})


@dataclass(frozen=True, slots=True)
class Retested:
    """One finding of a test with what evidence says of it now.

    "verified": a scan that looked for it saw it gone; "there": seen again since the test ended; "claimed": somebody
    says it is fixed; "dismissed": not affected or a false positive; "open": nothing newer is known.
    """

    finding: Finding
    verdict: str


WORDS = {
    "verified": "Fixed, verified by a scan", "there": "Still there, seen since", "claimed": "Fixed, not verified",
    "dismissed": "Dismissed", "open": "Open, not looked at since",
}  # fmt: skip


def verdict_of(finding: Finding, test: SecurityTest) -> str:
    """What evidence says of a finding since the test."""
    states = Finding.State
    if finding.state == states.CLOSED:
        return "verified"
    if finding.state in {states.NOT_AFFECTED, states.FALSE_POSITIVE, states.SUPPRESSED, states.IGNORED}:
        return "dismissed"
    if finding.state == states.CLAIMED:
        return "claimed"
    return "there" if test.ends is not None and finding.last_seen.date() > test.ends else "open"


def results(test: SecurityTest, limit: int = 200) -> list[Retested]:
    """The findings of a test, the most urgent first, with what is known of each now. One query."""
    rows = test.findings.select_related("finding__definition", "finding__asset", "finding__target")
    found = [link.finding for link in rows.order_by("finding__worst_class", "finding_id")[:limit]]
    return [Retested(finding, verdict_of(finding, test)) for finding in found]
