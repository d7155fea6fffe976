"""Sittings at the joint table, the sliders, and comments beside figures."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accord.core import jobs
from accord.core.errors import Refused
from accord.core.models import Job, User
from accord.core.permissions import guard, require
from accord.core.roles import EXECUTIVES, Role
from accord.decisions import selectors, services
from accord.decisions.forms.table import CommentForm, PositionForm, SlidersForm, slider_words
from accord.decisions.models import Comment, Frontier, Sitting
from accord.decisions.positions import View
from accord.decisions.selectors import Asked
from accord.decisions.services.sittings import JOB
from accord.decisions.views.costs import shown
from accord.ui import parts
from accord.ui.access import may

TABLE = ("Joint table", "/joint-table/")
PLACES = {
    "frontier": "/frontier/",
    "plan": "/plans/{}/",
    "sitting": "/joint-table/sittings/{}/",
    "decision": "/decisions/{}/",
}


def sitting_or_404(key: str) -> Sitting:
    found = selectors.find_sitting(key)
    if found is None:
        raise Http404(f"There is no sitting “{key[:100]}”.")
    return found


def mine(user: Any) -> list[Role]:
    """The executive roles that the reader holds."""
    return [role for role in EXECUTIVES if isinstance(user, User) and user.has_role(role)]


@guard("change", "sitting")
@require_POST
def open_sitting(request: HttpRequest) -> HttpResponse:
    """Begin a sitting on the latest frontier."""
    frontier = selectors.latest_frontier()
    if frontier is None:
        messages.error(request, "Compute the frontier first: a sitting is about its plans.")
        return redirect("decisions:joint_table")
    try:
        made = services.open_sitting(cast(User, request.user), frontier)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("decisions:joint_table")
    messages.success(request, f"{made.key} is open. Nobody sees what you write before both have handed in.")
    return redirect("decisions:sitting", key=made.key)


@guard("view", "sitting")
@require_GET
def sitting(request: HttpRequest, key: str) -> HttpResponse:
    """How far both are; once both have handed in, where they agree and differ and what that costs."""
    found = sitting_or_404(key)
    job = jobs.latest(JOB, sitting=found.key)
    running = job if job is not None and not job.is_over else None
    revealed = found.state == Sitting.State.REVEALED
    context: dict[str, Any] = {
        "title": f"Sitting {found.key}",
        "breadcrumb": [TABLE],
        "sitting": found,
        "hands": selectors.hands(found),
        "mine": mine(request.user) if may(request.user, "change", "sitting") else [],
        "is_open": found.state == Sitting.State.OPEN,
        "is_revealed": revealed,
        "may_change": may(request.user, "change", "sitting"),
        "may_watch": may(request.user, "view", "job"),
        "job": running,
        "job_url": reverse("site:job_progress", args=[running.pk]) if running is not None else "",
        "failed": job if job is not None and job.state == Job.State.FAILED and found.differences is None else None,
        "history": parts.history("sitting", found.key, 6) if not revealed else [],
    }
    if revealed:
        context["holds"] = selectors.commitments_hold(found)
        context["views"] = selectors.positions(found)
        context.update(comment_context(request, "sitting", found.key))
    if found.differences is not None:
        context.update(shown(found.differences, found.frontier.currency, selectors.horizon_years(found.frontier_id)))
    return render(request, "decisions/sitting.html", context)


@guard("change", "sitting")
@require_http_methods(["GET", "POST"])
def position(request: HttpRequest, key: str, role: str) -> HttpResponse:
    """Write one's own position, unseen; keep it, or hand it in."""
    held = next((one for one in EXECUTIVES if one.value == role), None)
    if held is None:
        raise Http404("Only the CIO and the CISO have a position.")
    found = sitting_or_404(key)
    if found.state != Sitting.State.OPEN or getattr(found, f"{role}_hash"):
        return redirect("decisions:sitting", key=key)
    try:
        own = selectors.own_position(request.user, found, held)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("decisions:sitting", key=key)
    problem = Frontier.objects.values_list("result__problem", flat=True).get(pk=found.frontier_id)
    form = PositionForm(request.POST or None, problem=problem, view=own or _begun(held, problem))
    if request.method == "POST" and form.is_valid():
        hand_in = "hand_in" in request.POST
        try:
            after = services.save_position(cast(User, request.user), found, held, form.view(), hand_in=hand_in)
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, _said(after, hand_in))
            return redirect("decisions:sitting", key=key)
    context = {
        "title": f"Position of the {held.label}",
        "breadcrumb": [TABLE, (f"Sitting {found.key}", reverse("decisions:sitting", args=[key]))],
        "form": form,
        "sitting": found,
        "role": held,
        "cancel_href": reverse("decisions:sitting", args=[key]),
    }
    return render(request, "decisions/position.html", context, status=422 if form.errors else 200)


def _begun(role: Role, problem: dict[str, Any]) -> View:
    """Where a position begins: today's weights, and what this executive insists on already."""
    stances = selectors.stances_of_role(role)
    keys = {item["key"] for item in problem["initiatives"]}
    weights = {goal["key"]: round(100 * goal["weight"], 1) for goal in problem["goals"]}
    return View(weights, {key: one for key, one in stances.items() if key in keys})


def _said(sitting: Sitting, hand_in: bool) -> str:
    if sitting.state == Sitting.State.REVEALED:
        return "Both have handed in: both positions are shown, and a worker computes what each difference costs."
    if hand_in:
        return "Handed in. It is shown when the other has handed in too."
    return "Kept. Nobody else sees it; hand it in when you are done."


@guard("change", "sitting")
@require_POST
def close_sitting(request: HttpRequest, key: str) -> HttpResponse:
    """End a sitting before both have handed in."""
    try:
        services.close_sitting(cast(User, request.user), sitting_or_404(key))
        messages.success(request, "The sitting is closed, and what was written there is destroyed unread.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("decisions:joint_table")


@guard("change", "sitting")
@require_POST
def price(request: HttpRequest, key: str) -> HttpResponse:
    """Compute again what the differences cost."""
    found = sitting_or_404(key)
    last = jobs.latest(JOB, sitting=found.key)
    if found.state == Sitting.State.REVEALED and (last is None or last.is_over):
        jobs.enqueue(cast(User, request.user), JOB, sitting=found.key)
    return redirect("decisions:sitting", key=key)


@guard("run", "plan")
@require_http_methods(["GET", "POST"])
def sliders(request: HttpRequest) -> HttpResponse:
    """What if: answers while one moves a slider; the address holds where they stand. POST keeps the plan."""
    frontier = selectors.latest_frontier()
    context: dict[str, Any] = {"title": "What if", "breadcrumb": [TABLE], "frontier": frontier}
    if frontier is None:
        return render(request, "decisions/sliders.html", context)
    form = SlidersForm(request.POST if request.method == "POST" else request.GET)
    table = selectors.table(frontier)
    asked = form.asked() if form.is_valid() else Asked()
    answer = selectors.what_if(table, asked)
    if request.method == "POST" and form.is_valid() and answer.starts is not None:
        name = request.POST.get("name", "") or "What if"
        try:
            made = services.make_plan(cast(User, request.user), frontier, name, answer.starts)
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{made.name} is kept as {made.key}.")
            return redirect("decisions:plan_detail", key=made.key)
    context.update(
        form=form,
        asked=asked,
        answer=answer,
        table=table,
        words=slider_words(asked, table.loss_today_a_year, frontier.currency),
        default_name=_name(asked),
        differs=_differs(answer),
        changes=[
            ("Enters", answer.enters, "Nothing enters."),
            ("Leaves", answer.leaves, "Nothing leaves."),
            ("Moves", answer.moves, "Nothing moves."),
        ],
        may_keep=may(request.user, "change", "plan"),
    )
    part = bool(getattr(request, "htmx", False))
    template = "decisions/parts/answer.html" if part else "decisions/sliders.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _differs(answer: selectors.Answer) -> dict[str, float]:
    """The plan's figures less those of the joint proposal."""
    if answer.plan is None or answer.joint is None:
        return {}
    names = ("value", "loss", "spent", "count")
    return {name: getattr(answer.plan, name) - getattr(answer.joint, name) for name in names}


def _name(asked: Asked) -> str:
    words = []
    if asked.budget:
        words.append(f"budget {asked.budget:+d} %")
    if asked.mix != 50:
        words.append(f"weights {100 - asked.mix} : {asked.mix}")
    if asked.loss < 100:
        words.append(f"loss at most {asked.loss} %")
    return f"What if {', '.join(words)}" if words else "What if nothing changes"


def comment_context(request: HttpRequest, noun: str, key: object) -> dict[str, Any]:
    """What `decisions/parts/figure.html` needs to show comments beside figures. One query."""
    return {
        "said": selectors.comments_of(noun, key),
        "said_noun": noun,
        "said_key": str(key),
        "may_comment": may(request.user, "change", "comment"),
    }


@guard("change", "comment")
@require_POST
def comment(request: HttpRequest, noun: str, key: str) -> HttpResponse:
    """Say something beside a figure."""
    if noun not in Comment.On.values:
        raise Http404("Comments stand beside figures of frontiers, plans, sittings and decisions.")
    require(request.user, "view", "plan" if noun == "frontier" else noun)
    if selectors.figures_of(noun, key) is None:
        raise Http404(f"There is no {noun} “{key[:100]}” with figures.")
    form = CommentForm(request.POST)
    if form.is_valid():
        try:
            services.add_comment(
                cast(User, request.user), noun, key, form.cleaned_data["figure"], form.cleaned_data["text"]
            )
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, "Your comment stands beside the figure.")
    for problems in form.errors.values():
        messages.error(request, f"The comment was not kept: {' '.join(map(str, problems))}")
    return redirect(f"{PLACES[noun].format(key)}#said-{form.data.get('figure', '')[:150]}")
