"""Techniques: is there a rule, does its telemetry arrive, is it proven to fire; three answers, never one."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from accord.core.permissions import guard
from accord.core.statements import Statement
from accord.intake.attack import TECHNIQUE
from accord.monitoring.models import DetectionExercise, GroupTechnique, Rule
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors.blind import Cover, Coverage
from accord.monitoring.selectors.profile import OTHER
from accord.monitoring.services.layers import COLUMNS
from accord.ui.access import may
from accord.ui.charts.heat import heat_map

SCOPES = (("profile", "Threat profile"), ("rules", "With a rule"), ("all", "All of ATT&CK"))
GAPS = (("", "All"), ("rule", "No rule"), ("telemetry", "Rule, no telemetry"), ("proof", "Not proven"))
SHOWN = 200
MEANINGS = (("All", "good"), ("Most", "caution"), ("Half or fewer", "warning"), ("None", "danger"))
WORDS = {
    "no_source": "no source", "missing_field": "a field is missing", "unsupported": "unsupported",
    "unknown": "nothing seen yet", "silent": "the source is silent",
}  # fmt: skip


@guard("view", "blind_spot")
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """The page; `?scope=` profile, rules or all, `?gap=` rule, telemetry or proof, `?tactic=` a short name."""
    scope = request.GET.get("scope", "")
    scope = scope if scope in read.SCOPES else "profile"
    gap = request.GET.get("gap", "")
    tactic = request.GET.get("tactic", "")
    found = read.coverage(timezone.now(), scope)
    rows = [
        cover for cover in found.covers
        if (not gap or cover.gap == gap) and (not tactic or tactic in (cover.technique.tactics or (OTHER,)))
    ]  # fmt: skip
    made = read.initiatives()
    context: dict[str, Any] = {
        "title": "Techniques: rule, telemetry, proof",
        "found": found, "scope": scope, "gap": gap, "tactic": tactic,
        "scopes": SCOPES, "gaps": [(value, label, _count(found, value)) for value, label in GAPS],
        "statements": statements(found),
        "heat": _heat(found) if found.covers else None,
        "rows": [row_of(cover, made) for cover in rows[:SHOWN]], "number": len(rows), "shown": SHOWN,
        "tactics": dict(found.catalogue.tactics), "columns": COLUMNS,
        "may_export": may(request.user, "export", "blind_spot"),
        "may_import": may(request.user, "import", "threat_profile"),
        "may_propose": may(request.user, "propose", "blind_spot"),
        "breadcrumb": [("What is not watched", reverse("monitoring:blind"))],
    }  # fmt: skip
    return render(request, "monitoring/coverage.html", context)


def _count(found: Coverage, gap: str) -> int:
    return sum(1 for cover in found.covers if not gap or cover.gap == gap)


def statements(found: Coverage) -> list[Statement]:
    """Of how many techniques there is a rule, telemetry, proof: each against the same denominator."""
    of = len(found.covers)
    what = {"profile": "of the threat profile", "rules": "that rules name", "all": "of ATT&CK"}[found.scope]
    address = reverse("monitoring:technique_coverage")
    words = {
        "rule": ("With a rule", "An enabled rule names the technique or a part of it."),
        "telemetry": ("With telemetry arriving", "For one of these rules logs arrive with the fields that it needs."),
        "proof": ("Proven to fire", "One fired on real events, passes its tests, or an exercise says so."),
    }
    gap = {"rule": "rule", "telemetry": "telemetry", "proof": "proof"}
    return [
        Statement(
            f"coverage.{name}", label, found.count(name) if of else None, "techniques", source=source,
            note=f"Of {of} techniques {what}.", query="monitoring.selectors.blind.coverage",
            href=f"{address}?{urlencode({'scope': found.scope, 'gap': gap[name]})}",
            tone="" if not of else "good" if found.count(name) == of else "warning",
        )
        for name, (label, source) in words.items()
    ]  # fmt: skip


def row_of(cover: Cover, made: dict[str, Any]) -> dict[str, Any]:
    """One line of the table: the three answers as badges, with their numbers."""
    number = len(cover.rules)
    rule = "no" if not number else "yes" if cover.exact else "part"
    telemetry = "none" if not number else "no" if not cover.arriving else "yes" if cover.arriving == number else "some"
    reasons = ", ".join(f"{WORDS.get(name, name)} ({count})" for name, count in sorted(cover.reasons.items()))
    spot = f"technique:{cover.technique.identifier}:{cover.gap}"
    return {
        "cover": cover, "technique": cover.technique, "number": number, "rule": rule, "telemetry": telemetry,
        "proof": proof_of(cover), "reasons": reasons, "spot": spot, "made": made.get(spot, []),
        "detail": reverse("monitoring:technique_detail", args=[cover.technique.identifier]),
    }  # fmt: skip


def proof_of(cover: Cover) -> str:
    """The strongest proof there is; an exercise in which nothing fired goes before all."""
    if cover.exercise is not None and not cover.exercise.detected:
        return "failed"
    if not cover.rules and cover.exercise is None:
        return "none"
    if cover.fired:
        return "real"
    if cover.exercise is not None:
        return "exercise"
    return "tests" if cover.tested else "no"


def _heat(found: Coverage) -> dict[str, Any]:
    """Tactic × (rule, telemetry, proof)."""
    names = [*found.catalogue.tactics, (OTHER, "Tactic not known")]
    cells, rows = [], []
    for short, name in names:
        mine = [cover for cover in found.covers if short in (cover.technique.tactics or (OTHER,))]
        if not mine:
            continue
        rows.append(name)
        part = Coverage(found.catalogue, found.profile, mine, found.scope)
        for column, label in (("rule", "Rule"), ("telemetry", "Telemetry"), ("proof", "Proof")):
            have = part.count(column)
            cells.append({
                "row": name, "column": label, "meaning": _meaning(have, len(mine)),
                "text": f"{have} of {len(mine)} techniques", "inside": f"{have} / {len(mine)}",
            })  # fmt: skip
    columns = [("Rule", "Rule"), ("Telemetry", "Logs"), ("Proof", "Proof")]
    return heat_map(
        cells, rows, columns, MEANINGS, row_title="Tactic", column_title="Question", value_title="Techniques"
    )


def _meaning(have: int, of: int) -> str:
    if have == of:
        return "All"
    return "None" if not have else "Most" if have * 2 > of else "Half or fewer"


@guard("view", "blind_spot")
@require_GET
def detail(request: HttpRequest, identifier: str) -> HttpResponse:
    """One technique: its rules with their states, who uses it, what was tried out."""
    if not TECHNIQUE.fullmatch(identifier):
        raise Http404("That is no technique.")
    found = read.coverage(timezone.now(), "all")
    cover = next((one for one in found.covers if one.technique.identifier == identifier), None)
    if cover is None:
        cover = Cover(found.catalogue.of(identifier))
    state = read.state()
    blind = set(state.result.get("blind_rules", ())) if state else set()
    rules = [
        {"rule": rule, "state": "silent" if rule.pk in blind else rule.state}
        for rule in Rule.objects.filter(pk__in=cover.rules[:SHOWN]).order_by("title")
    ]
    parts = [
        row_of(one, {}) for one in found.covers
        if one.technique.parent == identifier and (one.rules or one.chosen)
    ]  # fmt: skip
    row = row_of(cover, read.initiatives())
    users = GroupTechnique.objects.filter(technique__identifier=identifier, group__retired=False)
    context = {
        "title": str(cover.technique), "row": row, "parts_self": [row], "cover": cover, "rules": rules,
        "parts": parts, "tactics": [dict(found.catalogue.tactics).get(t, t) for t in cover.technique.tactics],
        "groups": list(users.select_related("group").order_by("group__name")[:SHOWN]),
        "in_profile": cover.chosen, "left_out": identifier in found.profile.left_out,
        "exercises": list(
            DetectionExercise.objects.filter(technique=identifier).select_related("owner").order_by("-day", "-pk")[:50]
        ),
        "release": found.catalogue.release, "replaced_by": found.catalogue.now(identifier),
        "may_change": may(request.user, "change", "threat_profile"),
        "may_try": may(request.user, "change", "detection_exercise"),
        "may_propose": may(request.user, "propose", "blind_spot"),
        "breadcrumb": [
            ("What is not watched", reverse("monitoring:blind")),
            ("Techniques", reverse("monitoring:technique_coverage")),
        ],
    }  # fmt: skip
    return render(request, "monitoring/technique.html", context)
