"""The lists of this room: plans, decisions, sheets and acceptances, for screen and API alike."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils import timezone

from accord.core.permissions import scoped
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors
from accord.decisions.models import Acceptance, Decision, Plan, Sheet
from accord.ui.lists import Empty, ListColumn, ListSpec, choice, text


def _plans(request: Any) -> QuerySet[Plan]:
    return scoped(request.user, "plan", selectors.plans().annotate(initiatives=Count("items")))


def decisions() -> QuerySet[Decision]:
    """Decisions with their signers; what they froze left out."""
    people = ("proposed_by", "cio_signer", "ciso_signer", "dissent_by", "plan")
    return Decision.objects.select_related(*people).defer("content", "plan__result")


def _decisions(request: Any) -> QuerySet[Decision]:
    return scoped(request.user, "decision", decisions())


def _sheets(request: Any) -> QuerySet[Sheet]:
    return scoped(request.user, "sheet", selectors.sheets())


def plan_href(plan: Any) -> str:
    return reverse("decisions:plan_detail", args=[plan.key])


def decision_href(decision: Any) -> str:
    return reverse("decisions:decision_detail", args=[decision.key])


def sheet_href(sheet: Any) -> str:
    return reverse("decisions:sheet_detail", args=[sheet.key])


def _acceptances(request: Any) -> QuerySet[Acceptance]:
    return scoped(request.user, "acceptance", selectors.acceptances())


def acceptance_href(one: Any) -> str:
    return reverse("decisions:acceptance_detail", args=[one.key])


def _days_left(one: Any) -> int | None:
    today = timezone.localdate()
    return (one.until - today).days if one.holds(today) else None


def acceptance_state(one: Any) -> str:
    """Its state in a word, that it ended included."""
    if one.ran_out(timezone.localdate()):
        return "ran out"
    return str(one.ended or one.state)


def _validity(sheet: Any) -> str:
    return "ran out" if sheet.ran_out(timezone.localdate()) else str(sheet.state)


PLANS = ListSpec(
    noun="plan",
    title="Plans",
    rows=_plans,
    columns=(
        ListColumn("key", "Plan", kind="key", sort="key", link=plan_href),
        ListColumn("name", "Name", sort="name", link=plan_href),
        ListColumn("origin", "Origin", kind="badge", badge="origin", sort="origin"),
        ListColumn("value", "Strategic value", kind="share", sort="value"),
        ListColumn("loss", "Loss over the horizon", kind="money", sort="loss"),
        ListColumn("initiatives", "Initiatives", kind="int", sort="initiatives"),
        ListColumn("made", "Made", kind="datetime", sort="made"),
        ListColumn("by", "By", value="by.name"),
    ),
    filters=(choice("origin", "Origin", Plan.Origin.choices), text("frontier", "Frontier", "frontier", "exact")),
    search=("key__istartswith", "name"),
    default_sort="-made",
    intro="Every plan that was computed or put together. None of them is ever changed.",
    empty=Empty("Compute the frontier: its plans stand here.", "To the frontier", "decisions:frontier", "view", "plan"),
    link=plan_href,
)
DECISIONS = ListSpec(
    noun="decision",
    title="Decisions",
    rows=_decisions,
    columns=(
        ListColumn("key", "Decision", kind="key", sort="key", link=decision_href),
        ListColumn("title", "Title", sort="title", link=decision_href),
        ListColumn("state", "State", kind="badge", badge="decision", sort="state"),
        ListColumn("plan", "Plan", value="plan.key", link=lambda row: plan_href(row.plan)),
        ListColumn("proposed_by", "Proposed by", value="proposed_by.name"),
        ListColumn("proposed_at", "Proposed", kind="datetime", sort="proposed_at"),
        ListColumn("in_force_at", "In force since", kind="datetime", sort="in_force_at"),
    ),
    filters=(choice("state", "State", TwoKeyState.choices),),
    search=("key__istartswith", "title"),
    default_sort="-key",
    intro="A plan becomes a decision by the keys of both executives.",
    empty=Empty("Open a plan and propose it.", "Plans", "decisions:plan_list", "view", "plan"),
    link=decision_href,
)
SHEETS = ListSpec(
    noun="sheet",
    title="Sheets",
    rows=_sheets,
    columns=(
        ListColumn("key", "Sheet", kind="key", sort="key", link=sheet_href),
        ListColumn("title", "Title", sort="title", link=sheet_href),
        ListColumn("kind", "About", kind="badge", badge="sheet", sort="kind"),
        ListColumn("state", "State", value=_validity, kind="badge", badge="decision", sort="state"),
        ListColumn("until", "Holds until", kind="date", sort="until", blank="open"),
        ListColumn("proposed_by", "Proposed by", value="proposed_by.name", blank="–"),
        ListColumn("proposed_at", "Proposed", kind="datetime", sort="proposed_at", blank="–"),
        ListColumn("in_force_at", "In force since", kind="datetime", sort="in_force_at", blank="–"),
    ),
    filters=(choice("kind", "About", Sheet.Kind.choices), choice("state", "State", TwoKeyState.choices)),
    search=("key__istartswith", "title"),
    default_sort="-key",
    intro="Insurance, suppliers, delayed retirements, materiality, and patches that may wait: decided by two keys.",
    empty=Empty(
        "Open one for an insurance, a supplier, a delay or an incident.",
        "New sheet",
        "decisions:sheet_choose",
        "change",
        "sheet",
    ),
    actions=(("New sheet", "decisions:sheet_choose", "change", "sheet"),),
    link=sheet_href,
)
ACCEPTANCES = ListSpec(
    noun="acceptance",
    title="Acceptances",
    rows=_acceptances,
    columns=(
        ListColumn("key", "Acceptance", kind="key", sort="key", link=acceptance_href),
        ListColumn("name", "About", sort="name", link=acceptance_href),
        ListColumn("scope", "Scope", kind="badge", badge="acceptance_scope", sort="scope"),
        ListColumn("state", "State", value=acceptance_state, kind="badge", badge="decision", sort="state"),
        ListColumn("open_now", "Open findings", kind="int", sort="open_now"),
        ListColumn("price_now", "Costs a year", kind="money", sort="price_now", help="Expected loss while open."),
        ListColumn("until", "Until", kind="date", sort="until"),
        ListColumn("days_left", "Days left", value=_days_left, kind="int", blank="–"),
        ListColumn("proposed_by", "Proposed by", value="proposed_by.name", blank="–"),
    ),
    filters=(
        choice("scope", "Scope", Acceptance.Scope.choices),
        choice("state", "State", TwoKeyState.choices),
        choice("ended", "Ended", Acceptance.Ended.choices),
        text("subject", "About (key)", "subject", "exact"),
    ),
    search=("key__istartswith", "name"),
    default_sort="-key",
    intro="Findings that both executives leave open until a day, with what that costs meanwhile.",
    empty=Empty(
        "Nothing is accepted. Accept a finding, a weakness, a system or a unit for a while.",
        "New acceptance", "decisions:acceptance_add", "change", "acceptance",
    ),
    actions=(("New acceptance", "decisions:acceptance_add", "change", "acceptance"),),
    link=acceptance_href,
)  # fmt: skip
