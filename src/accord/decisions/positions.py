"""What an executive hands in: weights of the goals, pins and drops; read, checked, committed to."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.decisions.models import Stance

MOST_WEIGHT = 1_000_000.0
MOST_REASON = 500
NOTE = 2000


@dataclass(frozen=True, slots=True)
class Insisted:
    """An initiative that must be in ("pin") or out ("drop"), and why."""

    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """One executive's position: relative weights of the goals as entered, and what they insist on."""

    weights: Mapping[str, float] = field(default_factory=dict)
    stances: Mapping[str, Insisted] = field(default_factory=dict)
    note: str = ""

    def shares(self) -> dict[str, float]:
        """Goal → share of all weights; they sum to 1."""
        total = math.fsum(self.weights.values())
        return {key: weight / total for key, weight in self.weights.items()}

    def as_json(self) -> dict[str, Any]:
        """Plain data, as it is committed to and frozen."""
        return {
            "weights": dict(self.weights),
            "stances": {key: {"kind": one.kind, "reason": one.reason} for key, one in self.stances.items()},
            "note": self.note,
        }

    @staticmethod
    def from_json(text: str) -> View:
        row = json.loads(text)
        stances = {key: Insisted(one["kind"], one["reason"]) for key, one in row["stances"].items()}
        return View(row["weights"], stances, row["note"])


def checked(problem: Mapping[str, Any], view: View) -> View:
    """The view, tidied; `Refused` names every goal without a weight and all that is not in the problem.

    `problem` is the planner's question of the frontier as it is kept.
    """
    goals = {goal["key"]: goal["name"] for goal in problem["goals"]}
    items = {item["key"] for item in problem["initiatives"]}
    wrong = [*_weights(goals, view), *_stances(items, view)]
    if len(view.note) > NOTE:
        wrong.append(Problem(None, "note", f"It is longer than {NOTE} characters.", "Shorten it.", "position"))
    if wrong:
        raise Refused(*wrong)
    weights = {key: float(view.weights[key]) for key in goals}
    stances = {
        key: Insisted(one.kind, " ".join(one.reason.split())) for key, one in sorted(view.stances.items()) if one.kind
    }
    return View(weights, stances, view.note.strip())


def _weights(goals: Mapping[str, str], view: View) -> list[Problem]:
    wrong = []
    for key, name in goals.items():
        weight = view.weights.get(key)
        if weight is None:
            wrong.append(Problem(None, key, f"{name} has no weight.", "Give it one, 0 if it counts nothing.", "goal"))
        elif not math.isfinite(weight) or not 0 <= weight <= MOST_WEIGHT:
            remedy = f"Give a number from 0 to {MOST_WEIGHT:,.0f}."
            wrong.append(Problem(None, key, f"{name} weighs {weight:g}.", remedy, "goal"))
    wrong += [
        Problem(None, key, "There is no such goal in these plans.", "Take it out.", "goal")
        for key in view.weights
        if key not in goals
    ]
    if not wrong and goals and math.fsum(view.weights.values()) <= 0:
        wrong.append(Problem(None, next(iter(goals)), "All weights are 0.", "Give at least one goal a weight.", "goal"))
    return wrong


def _stances(items: set[str], view: View) -> list[Problem]:
    wrong = []
    for key, one in view.stances.items():
        if key not in items:
            reason = "It is not among the initiatives that can be planned."
            wrong.append(Problem(None, key, reason, "Take it out.", "stance"))
        elif one.kind not in ("", *Stance.Kind.values):
            wrong.append(Problem(None, key, f"“{one.kind}” is none.", "Use pin, drop, or nothing.", "stance"))
        elif len(one.reason) > MOST_REASON:
            wrong.append(Problem(None, key, f"It is longer than {MOST_REASON} characters.", "Shorten it.", "stance"))
    return wrong


def new_nonce() -> str:
    """256 random bits: without them, a position could be guessed and tried against its hash."""
    return secrets.token_hex(32)


def commitment(nonce: str, content: str) -> str:
    """The hash that commits to a position and tells nothing of it: SHA-256 over the nonce and the content."""
    return hashlib.sha256(f"{nonce}\n{content}".encode()).hexdigest()


def written(view: View) -> str:
    """The canonical JSON of a view."""
    return ledger.canonical(view.as_json())
