"""Blind spots in words: what each is, and what hangs on it, so that it can be made an initiative."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accord.core.statements import figure
from accord.intake.attack import TECHNIQUE
from accord.monitoring.models import BlindState, SourceWatch
from accord.monitoring.selectors import blind as read

WHY = {
    "silent": ("Their source is silent", "Bring the source back, or have another one send the same logs."),
    "no_source": ("No source delivers their logs", "Connect a source that sends this kind of log."),
    "missing_field": ("A field that they need was never seen", "Widen what is logged, or map the field."),
    "unsupported": ("They cannot be run", "Tune or replace the rule."),
    "unknown": ("Nothing was seen yet", "Wait until events have come, or switch the rule off."),
}
GAP = {
    "rule": ("a rule", "No enabled rule names it."),
    "telemetry": ("telemetry", "There are rules, but their logs do not arrive with the fields that they need."),
    "proof": ("proof", "A rule and its logs are there; it never fired, passes no test, and was in no exercise."),
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A blind spot: `title` for an initiative, `words` why; goals' weight and loss at stake, None = not known."""

    spot: str
    title: str
    words: str
    goal_share: float | None = None
    loss: tuple[float, float, float] | None = None
    currency: str = ""


def systems(state: BlindState | None) -> list[dict[str, Any]]:
    """Systems by how much of them sends logs: the greatest loss at stake first, then the weight of goals."""
    found = list(state.result.get("systems", ())) if state else []

    def order(one: dict[str, Any]) -> tuple[bool, float, float, str]:
        loss = one["loss"][1] if one["loss"] else 0.0
        return one["state"] != "none", -loss, -(one["goal"] or 0.0), one["key"]

    return sorted(({**one, "spot": f"system:{one['key']}"} for one in found), key=order)


def unusual(watched: Iterable[SourceWatch]) -> list[SourceWatch]:
    """Of these, the sources that send, but not as they used to."""
    return [
        one for one in watched
        if one.state == SourceWatch.State.RECEIVING
        and (one.volume in ("less", "more") or one.delay == "more" or one.malformed == "more" or one.dropped)
    ]  # fmt: skip


def groups(rules: dict[str, Any], top: int) -> list[dict[str, Any]]:
    """Rules that cannot fire by reason, with some of each: those of the highest level first."""
    levels = ("critical", "high", "medium", "low", "informational", "none")
    found = []
    for name, (title, remedy) in WHY.items():
        rows = rules["groups"].get(name, [])
        if rows:
            ordered = sorted(rows, key=lambda row: (levels.index(row["level"]), row["title"]))
            found.append({
                "name": name, "title": title, "remedy": remedy, "number": len(rows), "rows": ordered[:top],
                "spot": f"rules:{name}",
            })  # fmt: skip
    return found


def described(spot: str) -> Spot | None:
    """The blind spot with this name, as it is now; None where there is none."""
    kind, _, rest = spot.partition(":")
    state = read.state()
    if kind == "source":
        return _source(spot, rest, state)
    if kind == "system":
        return _system(spot, rest, state)
    if kind == "rules" and rest in WHY:
        number = len(read.rules_that_cannot_fire(state)["groups"].get(rest, ()))
        title, remedy = WHY[rest]
        return Spot(spot, f"Rules that cannot fire: {title[0].lower()}{title[1:]}",
                    f"{number} enabled rules cannot fire. {title}. {remedy}") if number else None  # fmt: skip
    if kind == "technique":
        return _technique(spot, rest)
    return None


def _currency(state: BlindState | None) -> str:
    return str(state.result.get("currency", "")) if state else ""


def _money(loss: Any, currency: str) -> str:
    return f" {figure(loss[0], currency)} to {figure(loss[2], currency)} a year are at stake." if loss else ""


def _source(spot: str, key: str, state: BlindState | None) -> Spot | None:
    row = SourceWatch.objects.filter(source__key=key).select_related("source").first()
    if row is None or state is None:
        return None
    facts = state.result.get("sources", {}).get(str(row.source_id), {})
    rules, names = len(facts.get("rules", ())), [one["name"] for one in facts.get("systems", ())]
    currency, loss = _currency(state), facts.get("loss")
    words = (
        f"{row.source.name}: {row.get_state_display().lower()}. {rules} rules rest on it alone, "
        f"for {len(facts.get('techniques', ()))} techniques. No other source sees these systems: "
        f"{', '.join(names[:20]) or 'none'}.{_money(loss, currency)}"
    )
    title = f"Logs of {row.source.name} without a gap"
    return Spot(spot, title, words, facts.get("goal_share"), _three(loss), currency)


def _system(spot: str, key: str, state: BlindState | None) -> Spot | None:
    one = next((one for one in systems(state) if one["key"] == key), None)
    if one is None:
        return None
    currency = _currency(state)
    missing = "; ".join(f"{m['label']} on {m['without']} of {m['of']} assets" for m in one["missing"])
    words = (
        f"{one['silent']} of {one['asked']} assets send no logs; {one['logging']} do, of {one['open']} it cannot be "
        f"told. Missing: {missing or 'not told'}.{_money(one['loss'], currency)}"
    )
    return Spot(spot, f"Logs of {one['name']}", words, one["goal"], _three(one["loss"]), currency)


def _technique(spot: str, rest: str) -> Spot | None:
    identifier, _, gap = rest.partition(":")
    if not TECHNIQUE.fullmatch(identifier) or gap not in GAP:
        return None
    found = read.coverage(timezone.now(), "all")
    cover = next((one for one in found.covers if one.technique.identifier == identifier), None)
    if cover is None:
        return None
    what, why = GAP[gap]
    reason = f" In the threat profile: {cover.chosen.reason}" if cover.chosen and cover.chosen.reason else ""
    rules = f" {len(cover.rules)} rules, logs arrive for {cover.arriving}." if cover.rules else ""
    return Spot(spot, f"Detection of {cover.technique}: {what}", f"{cover.technique}: {why}{rules}{reason}")


def _three(loss: Any) -> tuple[float, float, float] | None:
    return (loss[0], loss[1], loss[2]) if loss else None
