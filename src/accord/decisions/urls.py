from __future__ import annotations

from django.urls import path

from accord.decisions.lists import DECISIONS, PLANS, SHEETS
from accord.decisions.screens import SCREENS
from accord.decisions.views import (
    decisions,
    exports,
    forecasts,
    frontier,
    patches,
    plans,
    robustness,
    sheets,
    table,
    tracking,
)
from accord.ui.lists import list_page
from accord.ui.nouns import noun_urls

app_name = "decisions"
urlpatterns = [
    path("frontier/", frontier.page, name="frontier"),
    path("frontier/run/", frontier.run, name="frontier_run"),
    path("frontier/robustness/", robustness.page, name="robustness"),
    path("frontier/robustness/run/", robustness.run, name="robustness_run"),
    path("frontier/robustness/<int:pk>/keep/<int:number>/", robustness.keep, name="robustness_keep"),
    path("joint-table/", frontier.joint_table, name="joint_table"),
    path("joint-table/what-if/", table.sliders, name="what_if"),
    path("joint-table/sittings/", table.open_sitting, name="sitting_open"),
    path("joint-table/sittings/<str:key>/", table.sitting, name="sitting"),
    path("joint-table/sittings/<str:key>/close/", table.close_sitting, name="sitting_close"),
    path("joint-table/sittings/<str:key>/price/", table.price, name="sitting_price"),
    path("joint-table/sittings/<str:key>/position/<slug:role>/", table.position, name="position"),
    path("comments/<slug:noun>/<str:key>/", table.comment, name="comment"),
    path("joint-table/<slug:role>/<path:key>/", frontier.stance, name="stance"),
    path("plans/", list_page(PLANS), name="plan_list"),
    path("plans/-/compare/", plans.compare, name="plan_compare"),
    path("plans/<str:key>/", plans.detail, name="plan_detail"),
    path("plans/<str:key>/deck.pptx", exports.plan_deck, name="plan_deck"),
    path("plans/<str:key>/plan.pdf", exports.plan_pdf, name="plan_pdf"),
    path("plans/<str:key>/change/", plans.change, name="plan_change"),
    path("plans/<str:key>/propose/", decisions.propose, name="plan_propose"),
    path("plans/<str:key>/what-if/<path:initiative>/", plans.what_if, name="plan_what_if"),
    path("decisions/", list_page(DECISIONS), name="decision_list"),
    path("decisions/<str:key>/", decisions.detail, name="decision_detail"),
    path("decisions/<str:key>/deck.pptx", exports.decision_deck, name="decision_deck"),
    path("decisions/<str:key>/decision.pdf", exports.decision_pdf, name="decision_pdf"),
    path("decisions/<str:key>/sign/<slug:role>/", decisions.sign, name="decision_sign"),
    path("decisions/<str:key>/dissent/<slug:role>/", decisions.dissent, name="decision_dissent"),
    path("decisions/<str:key>/withdraw/", decisions.withdraw, name="decision_withdraw"),
    path("decisions/<str:key>/expect/<slug:role>/", forecasts.state, name="estimates"),
    path("look-back/", forecasts.look_back, name="look_back"),
    path("look-back/<int:year>/", forecasts.look_back, name="look_back_year"),
    path("look-back/<int:year>/close/", forecasts.close, name="look_back_close"),
    path("sheets/", list_page(SHEETS), name="sheet_list"),
    path("sheets/-/new/", sheets.choose, name="sheet_choose"),
    path("sheets/-/new/<slug:kind>/", sheets.add, name="sheet_add"),
    path("sheets/-/patches/", patches.choose, name="patch_choose"),
    path("sheets/-/patches/compare/", patches.compare, name="patch_compare"),
    path("sheets/<str:key>/", sheets.detail, name="sheet_detail"),
    path("sheets/<str:key>/change/", sheets.change, name="sheet_change"),
    path("sheets/<str:key>/outcome/", patches.outcome, name="sheet_outcome"),
    path("sheets/<str:key>/sheet.pdf", exports.sheet_pdf, name="sheet_pdf"),
    path("sheets/<str:key>/compute/", sheets.compute, name="sheet_compute"),
    path("sheets/<str:key>/propose/", sheets.propose, name="sheet_propose"),
    path("sheets/<str:key>/sign/<slug:role>/", sheets.sign, name="sheet_sign"),
    path("sheets/<str:key>/dissent/<slug:role>/", sheets.dissent, name="sheet_dissent"),
    path("sheets/<str:key>/withdraw/", sheets.withdraw, name="sheet_withdraw"),
    path("tracking/", tracking.page, name="tracking"),
    *(route for screens in SCREENS for route in noun_urls(screens)),
]
