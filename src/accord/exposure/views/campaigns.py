"""Campaigns and tickets."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.exposure.forms.remediation import CampaignForm, TicketForm
from accord.exposure.lists import CAMPAIGNS, FIXES, TICKETS
from accord.exposure.models import Campaign, Fix, Ticket
from accord.exposure.services import campaigns as services
from accord.ui import parts
from accord.ui.access import may
from accord.ui.lists import list_page
from accord.ui.lists.query import narrowed_rows, parse

LIST_VIEW = list_page(CAMPAIGNS)
TICKET_LIST = list_page(TICKETS)
SHOWN = 20
ROWS = 500


@guard("change", "campaign")
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """A campaign of all fixes that fit the filters in the address."""
    query = request.GET.urlencode()
    state = parse(FIXES, QueryDict(query), request)
    rows = narrowed_rows(FIXES, request, state).filter(open_findings__gt=0)
    keys = list(rows.order_by("pk").values_list("key", flat=True)[: services.MOST_FIXES + 1])
    form = CampaignForm(request.POST) if request.method == "POST" else CampaignForm()
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            made = services.start_campaign(
                cast(User, request.user), told["name"], told["purpose"], told["owner"], told["aim"], keys
            )
            return redirect(made.get_absolute_url())
        except Refused as error:
            messages.error(request, str(error))
    number = f"{services.MOST_FIXES:,}+" if len(keys) > services.MOST_FIXES else f"{len(keys):,}"
    context = {
        "title": "Start a campaign", "subtitle": f"Of {number} fixes with something open that fit the filters.",
        "breadcrumb": [("Fixes", f"{reverse('exposure:fix_list')}?{query}")], "form": form,
        "cancel_href": f"{reverse('exposure:fix_list')}?{query}", "submit_label": "Start",
        "named": list(Fix.objects.filter(key__in=keys[:SHOWN]).values_list("title", flat=True)),
    }  # fmt: skip
    failed = request.method == "POST"
    return render(request, "exposure/campaign_form.html", context, status=422 if failed else 200)


def campaign_or_404(pk: int) -> Campaign:
    found = Campaign.objects.select_related("owner", "by").filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no campaign C-{pk}.")
    return found


@guard("view", "campaign")
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Its progress by evidence, what is only claimed, and its fixes."""
    campaign = campaign_or_404(pk)
    rows = campaign.fixes.select_related("fix").order_by("fix__worst_class", "pk")
    context = {
        "title": campaign.name,
        "subtitle": f"{campaign.key}, owner {campaign.owner.name if campaign.owner else 'nobody'}",
        "breadcrumb": [("Campaigns", reverse("exposure:campaign_list"))],
        "campaign": campaign,
        "statements": _statements(campaign),
        "rows": list(rows[:ROWS]),
        "tickets": list(campaign.tickets.select_related("fix", "owner").order_by("-made")[:SHOWN]),
        "may_change": may(request.user, "change", "campaign") and campaign.ended is None,
        "may_ticket": may(request.user, "change", "ticket") and campaign.ended is None,
        "history": parts.history("campaign", campaign.key),
    }
    return render(request, "exposure/campaign.html", context)


def _statements(campaign: Campaign) -> list[Statement]:
    href = f"{reverse('exposure:fix_list')}?campaign={campaign.pk}"
    return [
        Statement("campaign.verified", "Verified by scans", campaign.verified_share, "%",
                  source="Findings that scans saw gone since it started ÷ those and the open ones.",
                  query="exposure.services.campaigns.recount_campaigns", href=href,
                  note=f"{campaign.verified:,} gone, {campaign.open_findings:,} open"),
        Statement("campaign.claimed", "Only claimed", campaign.claimed, "findings", href=href,
                  source="Open findings of its fixes in the state “fixed, not verified”.",
                  note="Said to be fixed; the next scan that looks will tell."),
    ]  # fmt: skip


@guard("change", "campaign")
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        services.end_campaign(cast(User, request.user), campaign_or_404(pk))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("exposure:campaign_detail", pk=pk)


@guard("change", "ticket")
@require_POST
def make_tickets(request: HttpRequest, pk: int) -> HttpResponse:
    """A ticket for each fix of the campaign and each owner."""
    campaign = campaign_or_404(pk)
    fixes = list(Fix.objects.filter(campaigns__campaign=campaign, open_findings__gt=0))
    made = services.make_tickets(cast(User, request.user), fixes, campaign)
    messages.success(request, f"{len(made)} tickets made." if made else "Each owner has an open ticket already.")
    return redirect("exposure:campaign_detail", pk=pk)


@guard("view", "ticket")
@require_GET
def ticket(request: HttpRequest, pk: int) -> HttpResponse:
    found = Ticket.objects.select_related("fix", "owner", "campaign", "by").filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no ticket R-{pk}.")
    context = {
        "title": f"{found.key}: {found.fix.title}",
        "breadcrumb": [("Tickets", reverse("exposure:ticket_list"))],
        "ticket": found,
        "form": TicketForm(initial={name: getattr(found, name) for name in TicketForm.base_fields}),
        "may_change": may(request.user, "change", "ticket"),
        "history": parts.history("ticket", found.key),
    }
    return render(request, "exposure/ticket.html", context)


@guard("change", "ticket")
@require_POST
def change_ticket(request: HttpRequest, pk: int) -> HttpResponse:
    """What the other side says of it, by hand."""
    found = Ticket.objects.filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no ticket R-{pk}.")
    form = TicketForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused("; ".join(f"{name}: {' '.join(map(str, told))}" for name, told in form.errors.items()))
        services.change_ticket(cast(User, request.user), found, **form.cleaned_data)
    except Refused as error:
        messages.error(request, str(error))
    return redirect("exposure:ticket_detail", pk=pk)
