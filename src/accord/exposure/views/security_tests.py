"""What the pages of tests of security show beyond their tables: calendar, results, retests, report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from accord.core import files
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.exposure.models import Scan, SecurityTest
from accord.exposure.selectors import surfaces as read
from accord.exposure.services import security_tests as services
from accord.ui.access import may
from accord.ui.nouns import url_for

RECENT = 30


def _page(test: SecurityTest) -> str:
    return url_for("security_test", test.key) or reverse("exposure:security_test_list")


def test_context(request: HttpRequest, test: SecurityTest) -> Mapping[str, object]:
    """Results with what is known of each, the scans they come from, and for a retest those of the test before."""
    source = test.retest_of or test
    see = may(request.user, "view", "finding")
    found = services.results(source) if see else []
    count = Counter(one.verdict for one in found)
    linked = [link.scan for link in test.scans.select_related("scan").order_by("scan_id")]
    change = may(request.user, "change", "security_test")
    recent = Scan.objects.filter(state=Scan.State.LANDED).order_by("-received") if change else Scan.objects.none()
    return {
        "test": test, "source": source, "results": [(one, services.WORDS[one.verdict]) for one in found],
        "counts": [(services.WORDS[name], count[name]) for name in services.WORDS if count[name]],
        "linked": linked, "may_change": change, "see": see,
        "recent": [scan for scan in recent[:RECENT] if scan not in linked],
    }  # fmt: skip


def test_actions(request: HttpRequest, test: SecurityTest) -> Iterable[tuple[str, str, str]]:
    if test.report_id is not None:
        yield "Report", reverse("exposure:security_test_report", args=[test.pk]), ""


def list_context(request: HttpRequest) -> Mapping[str, object]:
    """Above the list: what comes next, what was never tested, or not in time."""
    planned = SecurityTest.objects.filter(state__in=("planned", "running")).order_by("starts", "key")
    surfaces = read.tests_of_surfaces()
    systems = read.tests_of_systems()
    return {
        "planned": list(planned[:20]),
        "never_surfaces": [one for one in surfaces if one.test is None],
        "late_surfaces": [one for one in surfaces if one.test is not None and one.overdue],
        "systems": systems[:15], "systems_number": len(systems),
    }  # fmt: skip


@guard("change", "security_test")
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a scan a result of the test, or take it back (`remove`)."""
    test = get_object_or_404(SecurityTest, pk=pk)
    scan = Scan.objects.filter(pk=int(number)).first() if (number := request.POST.get("scan", "")).isdigit() else None
    if scan is None:
        messages.error(request, "Choose a scan.")
        return redirect(_page(test))
    actor = cast(User, request.user)
    try:
        if request.POST.get("remove"):
            services.unlink_scan(actor, test, scan)
            messages.success(request, f"{scan} is no result of this test any more.")
        else:
            found = services.link_scan(actor, test, scan)
            messages.success(request, f"{found} findings of {scan} are results of this test.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect(_page(test))


@guard("change", "security_test")
@require_POST
def keep_report(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep the report of a test."""
    test = get_object_or_404(SecurityTest, pk=pk)
    file: Any = request.FILES.get("report")
    if file is None:
        messages.error(request, "Choose a file.")
        return redirect(_page(test))
    try:
        stored = files.keep(cast(User, request.user), file.name or "report", file.chunks())
        services.keep_report(cast(User, request.user), test, stored)
        messages.success(request, f"{stored.name} is kept as the report.")
    except Refused as error:
        messages.error(request, str(error))
    return redirect(_page(test))


@guard("view", "security_test")
@require_GET
def report(request: HttpRequest, pk: int) -> FileResponse:
    """The report as a download."""
    test = get_object_or_404(SecurityTest.objects.select_related("report"), pk=pk)
    if test.report is None:
        raise Http404("This test has no report yet.")
    return FileResponse(
        files.open_file(test.report), as_attachment=True, filename=test.report.name,
        content_type="application/octet-stream",
    )  # fmt: skip
