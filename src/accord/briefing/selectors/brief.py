"""The board brief as it stands now, from the rooms below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, Subquery
from django.utils import timezone

from accord.briefing.draft import ASK_LENGTH, MOST_SCENARIOS, Ask, Draft, ScenarioRow
from accord.briefing.parts import address
from accord.briefing.selectors import joint, plan
from accord.briefing.selectors.plan import Progress
from accord.briefing.words import listed, often
from accord.core.models import User
from accord.core.statements import Statement
from accord.decisions.models import Decision
from accord.estate import selectors as estate
from accord.estate.models import System
from accord.exposure.models import FeedUpdate, TotalExposure
from accord.exposure.selectors.systems import exposure_from
from accord.exposure.shell.links import STANDING
from accord.organization.models import Unit
from accord.risk import selectors as risk
from accord.risk.models import Appetite, LossRun, Scenario
from accord.risk.selectors import Compared
from accord.strategy.models import Budget
from accord.ui import format as write
from accord.ui.charts import Curve, exceedance_curve

CHART = 260
SAMPLES = 4


def board_brief() -> Draft:
    """The brief of today's figures. At most twelve queries."""
    today = timezone.localdate()
    run, appetite = risk.latest_run(), risk.appetite_in_force()
    points = risk.compare(appetite.frozen["points"], risk.curve(run)) if run and appetite else []
    between = joint.present()
    name, budget = _house(today.year + 1)
    progress = plan.progress(between.in_force, today) if between.in_force else None
    aligned = estate.alignment()
    ended = System.objects.filter(end_of_support__lt=today).values_list("key", flat=True)
    support = _support(list(ended), aligned, today)
    statements = [
        *_loss(run),
        _limit(run, points),
        Statement(
            "brief.goals", "Weight of our goals that working systems carry", aligned.total, "%",
            source="Goals, what they need, and the systems for it", query="estate.selectors.alignment",
            href=address("organization:goal_list"),
        ),
        support,
        _attacked(),
        _spending(progress, between),
    ]  # fmt: skip
    currency = run.currency if run is not None else write.default_currency()
    return Draft(
        title="Technology and security: brief to the board", organization=name, as_of=today,
        currency=currency, status=_status(between), statements=tuple(statements),
        chart=_chart(run, appetite), alternative=_alternative(run, appetite), scenarios=tuple(_scenarios(run)),
        plan=progress.shown if progress else (), plan_note=progress.note if progress else "",
        asks=tuple(_asks(points, support, budget, today.year + 1, currency)),
    )  # fmt: skip


def _house(year: int) -> tuple[str, Decimal | None]:
    """The organization's name (the setting, else its top unit), and a year's budget. One query."""
    of_year = Budget.objects.filter(year=year).annotate(whole=F("capital") + F("running")).values("whole")
    top = Unit.objects.filter(parent=None).order_by("key").annotate(budget=Subquery(of_year[:1]))
    found = top.values_list("name", "budget").first() or ("", None)
    name = settings.ACCORD_ORGANIZATION or found[0] or "The organization"
    return " · ".join(part for part in (name, settings.ACCORD_NOTICE) if part), found[1]


def _loss(run: LossRun | None) -> list[Statement]:
    common: dict[str, Any] = {"href": address("risk:loss"), "query": "risk.selectors.latest_run"}
    unit = run.currency if run is not None else write.default_currency()
    if run is None:
        note = "Nobody has computed it yet."
        return [Statement("brief.loss", "What we expect to lose in a year", None, unit, note=note, **common)]
    mean = run.result["mean"]
    counted = len(run.result["scenarios"])
    missing = len(run.result["not_quantified"])
    source = f"Sum of {counted} scenarios" + (f"; {missing} more without figures" if missing else "")
    found = [
        Statement(
            "brief.loss", "What we expect to lose in a year", mean["value"], unit, (mean["low"], mean["high"]), 0.9,
            source=source, as_of=run.at, **common,
        )
    ]  # fmt: skip
    row = risk.level_of(run, "var", 0.95)
    if row is not None:
        source = "The chances of all scenarios together"
        label = "One year in 20 costs more than"
        found.append(Statement("brief.bad_year", label, row["value"], unit, source=source, as_of=run.at, **common))
    return found


def _limit(run: LossRun | None, points: Sequence[Compared]) -> Statement:
    """The chance of a year beyond the accepted limit, at the amount where it is exceeded most."""
    common: dict[str, Any] = {"href": address("risk:appetite"), "query": "risk.selectors.compare"}
    label = "Chance of a year above the limit that we accept"
    known = [point for point in points if point.probability is not None]
    if run is None or not known:
        note = "No limit was agreed yet." if not points else "The curve does not reach the limit."
        return Statement("brief.limit", label, None, "%", note=note, **common)
    worst = _tightest(known)
    amount = write.money(worst.amount, run.currency, compact=True)
    return Statement(
        "brief.limit", f"Chance that a year costs more than {amount}", worst.probability, "%",
        source="Loss curve held against the agreed limit", as_of=run.at,
        note=f"We accept {write.percent(worst.accepted)}.", tone="danger" if worst.above else "good", **common,
    )  # fmt: skip


def _tightest(points: Sequence[Compared]) -> Compared:
    return max(points, key=lambda point: (point.probability or 0.0) / point.accepted)


def _support(ended: list[str], aligned: estate.Alignment, today: date) -> Statement:
    weights = [aligned.weight_of(key) for key in ended]
    carried = None if any(w is None for w in weights) else sum(w for w in weights if w is not None)
    note = f"They carry {write.percent(round(carried, 3))} of our goals." if ended and carried is not None else ""
    return Statement(
        "brief.support", "Systems that their makers no longer repair", len(ended),
        source="The list of systems", query="estate.System.end_of_support", note=note,
        href=address("estate:system_list", support_ends_by=today - timedelta(days=1)),
        tone="warning" if ended else "good",
    )  # fmt: skip


def _attacked() -> Statement:
    """One query."""
    catalogue = FeedUpdate.objects.filter(feed=FeedUpdate.Feed.KEV, state=FeedUpdate.State.DONE)
    total = TotalExposure.objects.annotate(listed=Exists(catalogue)).first()
    found = exposure_from(total)
    known = total is not None and total.listed and found.open > 0
    return Statement(
        "brief.attacked", "Open weak points that attackers are known to use",
        found.known_exploited if known else None,
        source="Scans, and CISA's list of attacked weaknesses",
        query="exposure.selectors.posture",
        href=address("exposure:finding_list", state=STANDING, known_exploited="yes"),
        tone="danger" if known and found.known_exploited else "",
        note="" if known else "Not known before a scan and the public list are here.",
    )  # fmt: skip


def _spending(progress: Progress | None, between: joint.Joint) -> Statement:
    if progress is None:
        return Statement(
            "brief.plan", "Plans that wait for a signature", len(between.waiting), "",
            source="Proposals of the CIO and the CISO",
            query="briefing.selectors.joint", href=address("decisions:decision_list"), note="No plan is in force.",
        )  # fmt: skip
    planned = write.money(progress.planned, compact=True)
    return Statement(
        "brief.plan", "Spent on the plan so far", progress.spent, write.default_currency(),
        source="Costs entered for the initiatives of the plan", query="briefing.selectors.plan",
        href=address("decisions:tracking") or address("decisions:decision_list"), note=f"Of {planned} in all.",
    )  # fmt: skip


def _status(between: joint.Joint) -> str:
    decision = between.in_force
    if decision is not None and decision.in_force_at is not None:
        day = write.date(decision.in_force_at)
        signers = listed([f"{_name(decision.cio_signer)} (CIO)", f"{_name(decision.ciso_signer)} (CISO)"])
        return f"“{decision.title}” is in force since {day}, signed by {signers}."
    if between.waiting:
        return f"“{between.waiting[0].title}” waits for {_awaited(between.waiting[0])}. No plan is in force."
    return "No plan is in force."


def _awaited(decision: Decision) -> str:
    return listed([f"the {role.label}" for role in decision.waits_for]) or "nobody"


def _name(user: User | None) -> str:
    return str(user) if user is not None else "unknown"


def _chart(run: LossRun | None, appetite: Appetite | None) -> dict[str, Any] | None:
    """The loss curve to where it is rarer than one year in 500, with the limit."""
    if run is None:
        return None
    curve = risk.curve(run)
    limit = [(float(a), float(p)) for a, p in appetite.frozen["points"]] if appetite is not None else []
    furthest = max([next((a for a, p in curve if p < 0.002), curve[-1][0]), *(amount * 1.05 for amount, _ in limit)])
    kept = [(amount, p) for amount, p in curve if amount <= furthest]
    spec: dict[str, Any] = exceedance_curve(
        [Curve("Our losses", kept, "accent")], limit, currency=run.currency, height=CHART,
        appetite_name="Limit that we accept",
    )  # fmt: skip
    return spec


def _alternative(run: LossRun | None, appetite: Appetite | None) -> str:
    if run is None:
        return ""
    curve = risk.curve(run)
    step = max(1, len(curve) // (SAMPLES + 1))
    said = [
        f"{write.percent(round(p, 3))} for more than {write.money(amount, run.currency, compact=True)}"
        for amount, p in curve[step::step][:SAMPLES]
    ]
    text = f"Curve of the chance that a year costs more than an amount: {', '.join(said)}."
    if appetite is not None:
        limit = [
            f"{write.percent(p)} for more than {write.money(a, run.currency, compact=True)}"
            for a, p in appetite.frozen["points"][:SAMPLES]
        ]
        text += f" Accepted: {', '.join(limit)}."
    return text


def _scenarios(run: LossRun | None) -> list[ScenarioRow]:
    """The scenarios that cost most. One query."""
    if run is None:
        return []
    rows = run.result["scenarios"][:MOST_SCENARIOS]
    mids = dict(Scenario.objects.filter(key__in=[row["key"] for row in rows]).values_list("key", "frequency_mid"))
    total = run.result["mean"]["value"]
    found = []
    for row in rows:
        mid = mids.get(row["key"])
        left = None if mid is None else float(mid) * row["frequency_left"]
        found.append(
            ScenarioRow(
                row["key"], row["name"], often(left), row["mean"], row["mean"] / total if total else None,
                address("risk:scenario_detail", row["key"]),
            )
        )  # fmt: skip
    return found


def _asks(
    points: Sequence[Compared], support: Statement, budget: Decimal | None, year: int, currency: str
) -> list[Ask]:
    """What the figures ask of a board; whoever issues the brief can change it. No query."""
    found = []
    above = [point for point in points if point.above]
    if above:
        worst = _tightest(above)
        amount = write.money(worst.amount, currency, compact=True)
        chance, agreed = write.percent(worst.probability), write.percent(worst.accepted)
        text = f"Accept for now that a year costs more than {amount} with a chance of {chance}, not {agreed} as agreed."
        found.append(Ask(text, address("risk:appetite")))
    if budget:
        whole = write.money(budget, currency, compact=True)
        found.append(Ask(f"Approve {whole} for initiatives in {year}.", address("strategy:budget_list")))
    if support.value:
        found.append(Ask("Fund the replacement of systems that their makers no longer repair.", support.href))
    return [Ask(ask.text[:ASK_LENGTH], ask.href) for ask in found]
