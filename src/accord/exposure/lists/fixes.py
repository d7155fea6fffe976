"""The lists of fixes, campaigns, tickets, patch plans, and the jobs of a plan."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accord.engines.priority import CODES, Urgency
from accord.estate.models import System
from accord.exposure.models import Campaign, Fix, PatchJob, PatchPlan, SystemFix, Ticket
from accord.exposure.selectors.policy import policy
from accord.ui.lists import Empty, ListColumn, ListFilter, ListSpec, choice, reference

Rows = QuerySet[Any]
BY_CODE = {CODES[u]: int(u) for u in Urgency}


def _on(found: Rows, **wanted: Any) -> Rows:
    return found.filter(Exists(SystemFix.objects.filter(fix=OuterRef("pk"), **wanted)))


def _of_owner(found: Rows, value: Any) -> Rows:
    """By the systems of a person: each fix is then looked up with each of them, not with all that it is on."""
    systems = System.objects.filter(it_owner__key=value).values_list("pk", flat=True)
    return _on(found, system_id__in=list(systems))


def _open(found: Rows, value: Any) -> Rows:
    return found.filter(open_findings__gt=0) if value else found.filter(open_findings=0)


def _overdue(found: Rows, value: Any) -> Rows:
    now = timezone.now()
    return found.filter(due__lt=now) if value else found.exclude(due__lt=now)


def _in_class(found: Rows, value: Any) -> Rows:
    return found.filter(worst_class__in=[BY_CODE[code] for code in value])


def _classes(request: HttpRequest) -> list[tuple[str, str]]:
    return [(CODES[u], policy().label(u)) for u in Urgency if u is not Urgency.NONE]


def _search(found: Rows, value: Any) -> Rows:
    text = str(value).strip()
    if text.upper().startswith("FX-"):
        return found.filter(key="FX-" + text[3:].lower())
    return found.filter(title__icontains=text)


FIXES = ListSpec(
    noun="fix",
    title="Fixes",
    rows=lambda request: Fix.objects.select_related("definition"),
    columns=[
        ListColumn("title", "Fix", link=lambda f: f.get_absolute_url()),
        ListColumn("urgency", "Fix within", "worst_code", "badge", "worst_class", badge="urgency",
                   blank="nothing is open"),
        ListColumn("due", "Earliest deadline", kind="datetime", sort="due", blank="none"),
        ListColumn("open_findings", "Open findings", kind="int", sort="open_findings"),
        ListColumn("assets", "Assets", kind="int", sort="assets"),
        ListColumn("systems", "Systems", kind="int", sort="systems"),
        ListColumn("price_mid", "Price a year", kind="money", sort="price_mid", blank="not priced",
                   help="The sum over its priced findings, at the middle of the hazard."),
        ListColumn("unpriced", "Not priced", kind="int", help="Findings that are in no sum."),
        ListColumn("known_exploited", "Exploited", kind="int", help="Findings known to be exploited."),
        ListColumn("claimed", "Claimed", kind="int", help="Said to be fixed; no scan has verified it."),
        ListColumn("key", "Key"),
        ListColumn("kind", "Kind", "get_kind_display", hidden=True),
        ListColumn("ecosystem", "Ecosystem", hidden=True),
        ListColumn("component", "Component", hidden=True),
        ListColumn("target_version", "To version", hidden=True),
        ListColumn("definition", "Definition", "definition.identifier", hidden=True),
        ListColumn("price_low", "Price a year, low", kind="money", hidden=True),
        ListColumn("price_high", "Price a year, high", kind="money", hidden=True),
        ListColumn("in_progress", "In progress", kind="int", hidden=True),
        ListColumn("accepted", "Accepted", kind="int", hidden=True),
        ListColumn("first_seen", "First seen", kind="datetime", hidden=True),
    ],
    filters=[
        ListFilter("search", "Words or key", "text", _search),
        ListFilter("open", "Something open", "bool", _open),
        ListFilter("urgency", "Fix within", "choice", _in_class, _classes, multiple=True),
        ListFilter("overdue", "Past its deadline", "bool", _overdue),
        choice("kind", "Kind", Fix.Kind.choices),
        ListFilter("system", "System", "ref", lambda q, v: _on(q, system__key=v), noun="system"),
        ListFilter("owner", "Owner in IT", "ref", _of_owner, noun="person"),
        ListFilter("campaign", "Campaign (number)", "text",
                   lambda q, v: q.filter(campaigns__campaign=int(v) if str(v).isascii() and str(v).isdigit() else 0)),
    ],
    default_sort="urgency",
    empty=Empty("Findings are grouped by the change that closes them as soon as a scan lands.", "Import scanner files",
                "exposure:scan_import", "import", "scan"),
    intro="One change each: an upgrade of one component, or what the solution of one weakness says.",
    template="exposure/fix_list.html",
)  # fmt: skip
CAMPAIGNS = ListSpec(
    noun="campaign",
    title="Campaigns",
    rows=lambda request: Campaign.objects.select_related("owner"),
    columns=[
        ListColumn("name", "Campaign", sort="name"),
        ListColumn("owner", "Owner", "owner.name", blank="nobody"),
        ListColumn("aim", "Aim", kind="date", sort="aim"),
        ListColumn("verified_share", "Verified", kind="share", help="The part that scans saw gone since it started."),
        ListColumn("verified", "Findings verified", kind="int"),
        ListColumn("claimed", "Claimed", kind="int", help="Said to be fixed; no scan has verified it."),
        ListColumn("open_findings", "Open", kind="int", sort="open_findings"),
        ListColumn("ended", "Ended", kind="datetime", blank="running"),
        ListColumn("key", "Key", hidden=True),
    ],
    default_sort="aim",
    empty=Empty("Choose fixes in their list and start a campaign with them.", "To the fixes", "exposure:fix_list",
                "view", "fix"),
    intro="A named set of fixes with an owner and an aim. Progress is what scans verified.",
)  # fmt: skip
TICKETS = ListSpec(
    noun="ticket",
    title="Tickets",
    rows=lambda request: Ticket.objects.select_related("fix", "owner", "campaign"),
    columns=[
        ListColumn("key", "Ticket", kind="key"),
        ListColumn("fix", "Fix", "fix.title", link=lambda t: t.fix.get_absolute_url()),
        ListColumn("owner", "Owner", "owner.name", blank="its systems have none"),
        ListColumn("state", "State", kind="badge", badge="ticket"),
        ListColumn("due", "Deadline", kind="datetime", sort="due", blank="none"),
        ListColumn("findings", "Findings when made", kind="int"),
        ListColumn("open_findings", "Open now", "fix.open_findings", kind="int"),
        ListColumn("reference", "Reference", blank="none yet"),
        ListColumn("made", "Made", kind="datetime", sort="made"),
        ListColumn("fix_key", "Fix", "fix.key", hidden=True),
        ListColumn("owner_key", "Owner", "owner.key", hidden=True),
        ListColumn("address", "Address", hidden=True),
        ListColumn("note", "Note", hidden=True),
    ],
    filters=[
        choice("state", "State", Ticket.State.choices),
        reference("owner", "Owner", "owner__key", noun="person", nullable=True),
        reference("fix", "Fix (key)", "fix__key"),
    ],
    search=("reference__istartswith",),
    default_sort="-made",
    empty=Empty("Tickets are made from a fix or a campaign, and go out by webhook."),
    search_label="Search by reference",
)  # fmt: skip
PATCH_PLANS = ListSpec(
    noun="patch_plan",
    title="Patch plans",
    rows=lambda request: PatchPlan.objects.select_related("by"),
    columns=[
        ListColumn("key", "Plan", kind="key", sort="pk"),
        ListColumn("made", "Made", kind="datetime", sort="made"),
        ListColumn("begins", "From", kind="date"),
        ListColumn("ends", "Loss counted until", kind="date"),
        ListColumn("value", "Loss removed", lambda p: p.figures["removed"][1], "money"),
        ListColumn("share", "At least, of the best", lambda p: p.figures["share"], "share"),
        ListColumn("planned", "Jobs planned", lambda p: p.figures["planned"], "int"),
        ListColumn("jobs", "Of", lambda p: p.figures["jobs"], "int"),
        ListColumn("by", "By", "by.email"),
        ListColumn("inputs", "Inputs (SHA-256)", hidden=True),
    ],
    default_sort="-made",
    empty=Empty("A plan says what is fixed in which change window, and how good that is.", "Compute a patch plan",
                "exposure:patch_plan_new", "run", "patch_plan"),
    actions=[("Compute a patch plan", "exposure:patch_plan_new", "run", "patch_plan")],
)  # fmt: skip


def _of_plan(request: HttpRequest) -> Rows:
    """The jobs of the plan in the address; on the API, of the plan in `plan`, else of the newest."""
    match = request.resolver_match
    wanted = match.kwargs.get("pk") if match is not None else None
    if wanted is None:
        wanted = PatchPlan.objects.order_by("-pk").values_list("pk", flat=True).first()
    return PatchJob.objects.filter(plan=wanted).select_related("fix", "system", "window", "plan")


def urgency_of(job: Any) -> str:
    return CODES[Urgency(job.worst_class)]


PATCH_JOBS = ListSpec(
    noun="patch_plan",
    title="Jobs of the plan",
    rows=_of_plan,
    columns=[
        ListColumn("fix", "Fix", "fix.title", link=lambda j: j.fix.get_absolute_url()),
        ListColumn("system", "System", "system.name", blank="none"),
        ListColumn("window", "Window", "window.name", blank="none"),
        ListColumn("why", "Why", "get_why_display"),
        ListColumn("team", "Team", sort="team", blank="nobody has said"),
        ListColumn("hours", "Hours", kind="number", blank="not estimated"),
        ListColumn("downtime", "Downtime, hours", kind="number", blank="not estimated"),
        ListColumn("restart", "Restart", kind="bool"),
        ListColumn("urgency", "Fix within", urgency_of, "badge", "worst_class", badge="urgency"),
        ListColumn("due", "Deadline", kind="datetime", sort="due", blank="none"),
        ListColumn("removed", "Loss removed", kind="money", sort="removed", blank="not planned or not priced"),
        ListColumn("rate_mid", "Loss a day", kind="money", sort="rate_mid", blank="not priced"),
        ListColumn("findings", "Findings", kind="int"),
        ListColumn("sheet", "Sheet", link=lambda j: j.sheet_address or None, blank="none"),
        ListColumn("starts", "Starts", "window.starts", "date", hidden=True),
        ListColumn("start_time", "At", "window.start_time", hidden=True, unit=settings.TIME_ZONE),
        ListColumn("system_key", "System", "system.key", hidden=True),
        ListColumn("window_key", "Window", "window.key", hidden=True),
        ListColumn("fix_key", "Fix", "fix.key", hidden=True),
        ListColumn("also", "Does as well", kind="list", hidden=True),
        ListColumn("rate_low", "Loss a day, low", kind="money", hidden=True),
        ListColumn("rate_high", "Loss a day, high", kind="money", hidden=True),
        ListColumn("deadline_missed", "Deadline missed for", "due_why", hidden=True),
        ListColumn("plan", "Plan", "plan.key", hidden=True),
    ],
    filters=[
        reference("window", "Window (key)", "window__key", nullable=True, noun="change_window"),
        choice("why", "Why", PatchJob.Why.choices),
        reference("team", "Team", "team"),
        reference("system", "System", "system__key", noun="system"),
        choice("missed", "Deadline missed for", [("no_window", "no window in time"), ("no_room", "no room in time")],
               "due_why"),
        ListFilter("sheet", "Held, pinned or dropped by a sheet", "bool",
                   lambda q, v: q.exclude(sheet="") if v else q.filter(sheet="")),
    ],
    default_sort="-removed",
    empty=Empty("No job fits."),
    intro="Who must do what, in which window; filter by window or team and take it as CSV.",
)  # fmt: skip
