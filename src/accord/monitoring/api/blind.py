"""Operations on the API of what is not watched, of the coverage of techniques, and of the threat profile."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Router

from accord.core.permissions import guard_api
from accord.monitoring.screens.profile import SCREENS
from accord.monitoring.selectors import blind as read
from accord.monitoring.selectors import blind_spots as spots
from accord.ui.nouns.operations import noun_operations

router = Router()


@router.get("/not-watched", summary="What is not watched", operation_id="get_not_watched", response=dict[str, Any])
@guard_api("view", "blind_spot")
def not_watched(request: HttpRequest) -> dict[str, Any]:
    """Silent sources, sources that send otherwise than they used to, rules that cannot fire, systems without logs; as
    of when. Techniques are at `/techniques`."""
    state = read.state()
    if state is None or state.at is None:
        raise Http404("Nothing was looked at yet.")
    rules, watched = read.rules_that_cannot_fire(state), read.watches()
    return {
        "as_of": state.at, "currency": state.result["currency"],
        "silent": [
            {
                "source": one.source.key, "name": one.source.name, "since": one.since, "due": one.due, "by": one.by,
                "expected": one.expected, "rules": one.rules, "techniques": one.techniques, "systems": one.systems,
                "goals": one.goals, "goal_share": one.goal_share, "loss": one.loss, "unpriced": one.unpriced,
            }
            for one in read.silent_sources(timezone.now(), state, watched)
        ],
        "unusual": [
            {
                "source": one.source.key, "name": one.source.name, "hour": one.hour, "events": one.got,
                "expected": None if one.low is None else [one.low, one.mid, one.high], "volume": one.volume,
                "delay": one.delay, "malformed": one.malformed, "dropped": one.dropped,
            }
            for one in spots.unusual(watched)
        ],
        "stopped": state.result["stopped"],
        "rules": {
            "enabled": rules["total"], "ok": rules["ok"],
            "why": {name: [row["pk"] for row in rows] for name, rows in rules["groups"].items()},
        },
        "systems": spots.systems(state),
    }  # fmt: skip


@router.get("/techniques", summary="Techniques: rule, telemetry, proof", operation_id="list_techniques",
            response=dict[str, Any])  # fmt: skip
@guard_api("view", "blind_spot")
def techniques(request: HttpRequest, scope: str = "profile", gap: str = "") -> dict[str, Any]:
    """`scope`: profile, rules or all. `gap`: only those without a rule, without telemetry, or without proof."""
    if scope not in read.SCOPES or gap not in ("", *read.GAPS):
        raise Http404(f"scope is one of {', '.join(read.SCOPES)}; gap is one of {', '.join(read.GAPS)}.")
    found = read.coverage(timezone.now(), scope)
    release = found.catalogue.release
    return {
        "attack": None if release is None else {"name": release.name, "version": release.version,
                                                "modified": release.modified},
        "techniques": len(found.covers), "with_rule": found.count("rule"), "with_telemetry": found.count("telemetry"),
        "proven": found.count("proof"),
        "items": [_cover(one) for one in found.covers if not gap or one.gap == gap],
    }  # fmt: skip


def _cover(one: read.Cover) -> dict[str, Any]:
    exercise = one.exercise
    return {
        "technique": one.technique.identifier, "name": one.technique.name, "tactics": one.technique.tactics,
        "in_profile": one.chosen is not None, "weight": one.chosen.weight if one.chosen else None,
        "groups": one.chosen.groups if one.chosen else [], "rules": len(one.rules), "rules_exact": one.exact,
        "telemetry_arriving": one.arriving, "not_arriving": one.reasons, "fired": one.fired, "tested": one.tested,
        "last_fired": one.last_fired, "proven": one.proven, "gap": one.gap,
        "exercise": None if exercise is None else {"day": exercise.day, "detected": exercise.detected},
    }  # fmt: skip


noun_operations(router, *SCREENS)
