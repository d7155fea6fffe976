"""Calibration training: one's own score over time, the next round of questions, and who has trained."""

from __future__ import annotations

from itertools import groupby
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.risk import services
from accord.risk.models import TrainingAnswer
from accord.risk.training import FEW, RANGE, Score, held, over_time, questions, score
from accord.risk.training_forms import RoundForm
from accord.ui import format as write
from accord.ui.access import may
from accord.ui.charts import interval_dots

ROUND = 8
CRUMBS = [("Calibration training", "/training/")]
PAGE = "/training/"


@guard("view", "training")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """One's own answers: score, chart over time, every answer beside the truth."""
    answers = list(TrainingAnswer.objects.filter(by=cast(User, request.user)))
    found = score(answers)
    context = {
        "title": "Calibration training",
        "statements": statements(found),
        "chart": _chart(answers),
        "advice": advice(found),
        "answers": [_told(one) for one in reversed(answers)],
        "left": len(questions()) - len(answers),
        "may_answer": may(request.user, "answer", "training"),
        "may_see_people": may(request.user, "view", "training_of_others"),
    }
    return render(request, "risk/training.html", context)


@guard("answer", "training")
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """The next questions that this person has not answered; the truth is shown as soon as they have."""
    actor = cast(User, request.user)
    done = set(TrainingAnswer.objects.filter(by=actor).values_list("question", flat=True))
    asked = _next(done)
    if not asked:
        messages.info(request, "You have answered every question.")
        return redirect("risk:training")
    form = RoundForm(asked, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = services.answer_training(actor, form.answers())
        except Refused as refused:
            form.refuse(refused.problems)
        else:
            messages.success(request, f"Kept: {len(kept)}. Below you see how they did.")
            return redirect("/training/#answers")
    fields = [
        (one, [form[f"{one.key}_low"], form[f"{one.key}_high"]] if one.kind == RANGE else [form[one.key]])
        for one in asked
    ]
    context = {"title": "Next questions", "form": form, "asked": fields, "breadcrumb": CRUMBS, "cancel_href": PAGE}
    return render(request, "risk/training_round.html", context, status=422 if form.errors else 200)


@guard("view", "training_of_others")
@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """Who has trained, and how well their ranges hold."""
    answers = TrainingAnswer.objects.select_related("by").order_by("by__name", "by__pk", "at", "pk")
    rows = []
    for person, theirs in groupby(answers, key=lambda one: one.by):
        found = score(list(theirs))
        rows.append({"name": str(person), "score": found, "advice": advice(found)})
    context = {"title": "Who has trained", "rows": rows, "breadcrumb": CRUMBS}
    return render(request, "risk/training_people.html", context)


def _next(done: set[str]) -> list[Any]:
    """Two ranges, then a yes/no question, and so on: the kinds change, the topics too."""
    left = [one for one in questions().values() if one.key not in done]
    ranges = [one for one in left if one.kind == RANGE]
    others = [one for one in left if one.kind != RANGE]
    # Neighbours in the file are of one topic: a stride takes from all of them.
    ranges = [ranges[i] for start in range(5) for i in range(start, len(ranges), 5)]
    count = min(len(others), max(ROUND // 3, ROUND - len(ranges)))
    return [*ranges[: ROUND - count], *others[:count]]


def statements(found: Score) -> list[Statement]:
    """The person's score as facts."""
    rate = found.ranges.rate if found.ranges else None
    brier = found.confidence.brier if found.confidence else None
    facts = [
        Statement(
            "training.hit_rate", "Of your 90 % ranges hold the truth", rate.share if rate else None, "%",
            (rate.low, rate.high) if rate else None, 0.9, href=f"{PAGE}#answers",
            source="Ranges that held the truth over all ranges answered; the interval is that of so few answers "
                   "(Jeffreys).",
            query="risk.training.score", note=f"{rate.hits} of {rate.count}; 90 % is the aim." if rate else "",
        ),
        Statement(
            "training.pinball", "Pinball loss of your ranges", found.pinball, "", href=f"{PAGE}#answers",
            source="Mean over both ends, relative to the truth; 0 is perfect. Narrow ranges that hold earn little.",
            query="risk.training.score",
        ),
        Statement(
            "training.brier", "Brier score of your yes and no", brier, "", href=f"{PAGE}#answers",
            query="risk.training.score",
            source="Mean of (probability − truth)²; 0 is perfect, 0.25 is what “I cannot tell” earns.",
            note=_confidence_note(found),
        ),
    ]  # fmt: skip
    return facts


def _confidence_note(found: Score) -> str:
    one = found.confidence
    if one is None:
        return ""
    return f"On average {write.percent(one.mean_confidence)} sure, {write.percent(one.right.share)} right."


def advice(found: Score) -> str:
    """What the ranges' calibration means for the next range."""
    one = found.ranges
    if one is None or one.rate.count < FEW:
        return f"Too few ranges for a judgement yet: {FEW} are a beginning, 20 tell more."
    if one.verdict == "overconfident":
        wide = one.widening
        factor = f" A half-width {wide:.2g} times as wide would have held 90 %." if 1 < wide < 1000 else ""
        return f"Your ranges are too narrow.{factor}"
    if one.verdict == "underconfident":
        return "Your ranges are wider than they need be."
    return "Nothing speaks against your ranges so far."


def _chart(answers: list[TrainingAnswer]) -> dict[str, Any] | None:
    rows = [(write.date(day), rate.low, rate.share, rate.high) for day, rate in over_time(answers)]
    if not rows:
        return None
    spec: dict[str, Any] = interval_dots(
        rows, title="Ranges that held the truth, all up to then", unit="share", name_title="Until"
    )
    return spec


def _told(answer: TrainingAnswer) -> dict[str, Any]:
    question = questions().get(answer.question)
    inside = held(answer)
    if inside is None:
        right = (float(answer.probability or 0) >= 0.5) == (answer.truth == 1)
        said = f"{write.percent(answer.probability)} yes"
        truth = "yes" if answer.truth == 1 else "no"
    else:
        right = inside
        year = question is not None and question.unit == "year"
        said, truth = (
            " to ".join(f"{v:f}".rstrip("0").rstrip(".") if year else write.number(v) for v in values if v is not None)
            for values in ((answer.low, answer.high), (answer.truth,))
        )
        if question is not None and not year:
            truth = f"{truth} {question.unit}"
    return {
        "at": answer.at, "question": question.text if question else answer.question, "said": said, "truth": truth,
        "right": right, "source": question.source if question else "", "is_range": inside is not None,
    }  # fmt: skip
