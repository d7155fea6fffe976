"""The addresses of fixes, campaigns, tickets, patch plans and the tables that plans rest on."""

from __future__ import annotations

from django.urls import path

from accord.exposure.screens import windows
from accord.exposure.views import campaigns, fixes, patch_plan
from accord.ui.nouns import noun_urls

routes = [
    path("fixes/", fixes.LIST_VIEW, name="fix_list"),
    path("fixes/deadlines/", fixes.deadlines, name="deadlines"),
    path("fixes/<str:key>/", fixes.detail, name="fix_detail"),
    path("fixes/<str:key>/tickets/", fixes.tickets, name="fix_tickets"),
    path("campaigns/", campaigns.LIST_VIEW, name="campaign_list"),
    path("campaigns/new/", campaigns.new, name="campaign_new"),
    path("campaigns/<int:pk>/", campaigns.detail, name="campaign_detail"),
    path("campaigns/<int:pk>/end/", campaigns.end, name="campaign_end"),
    path("campaigns/<int:pk>/tickets/", campaigns.make_tickets, name="campaign_tickets"),
    path("tickets/", campaigns.TICKET_LIST, name="ticket_list"),
    path("tickets/<int:pk>/", campaigns.ticket, name="ticket_detail"),
    path("tickets/<int:pk>/change/", campaigns.change_ticket, name="ticket_change"),
    path("patch-plans/", patch_plan.LIST_VIEW, name="patch_plan_list"),
    path("patch-plans/new/", patch_plan.new, name="patch_plan_new"),
    path("patch-plans/jobs/<uuid:pk>/", patch_plan.job, name="patch_plan_job"),
    path("patch-plans/<int:pk>/", patch_plan.detail, name="patch_plan_detail"),
    path("patch-plans/<int:pk>/jobs/", patch_plan.JOBS_VIEW, name="patch_plan_jobs"),
    path("patch-plans/<int:pk>/calendar/", patch_plan.calendar, name="patch_plan_calendar"),
    *(route for screens in windows.SCREENS for route in noun_urls(screens)),
]
