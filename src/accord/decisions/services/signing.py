"""A plan becomes a decision: proposed with everything frozen, signed by both, or dissented from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accord.core import events, ledger, twokey
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions import selectors
from accord.decisions.models import Decision, Frontier, Plan, Reservation, Sitting
from accord.decisions.versions import versions
from accord.ui.format import default_currency

OPEN = (TwoKeyState.DRAFT, TwoKeyState.PROPOSED)
LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Reserved:
    """A point that a signer does not share: an initiative or a figure ("plan.loss"), and why."""

    kind: str
    point: str
    reason: str


def frozen(plan: Plan, sitting: Sitting | None = None) -> dict[str, Any]:
    """Everything that a decision on this plan rests on, as data: it is hashed, and the signatures bind it.

    The planner's whole question, all figures and proofs of the plan, the versions that computed them, both
    positions of the sitting with what their differences cost, and what was said beside the figures.
    """
    items = plan.items.select_related("initiative").order_by("initiative__key")
    places = [("plan", plan.key)]
    if plan.frontier_id is not None:
        places.append(("frontier", str(plan.frontier_id)))
    if sitting is not None:
        places.append(("sitting", sitting.key))
    return {
        "plan": plan.key, "name": plan.name, "origin": plan.origin, "inputs_hash": plan.inputs_hash,
        "made": plan.made.isoformat(), "currency": _currency(plan),
        "value": plan.value, "loss": plan.loss, "result": plan.result,
        "initiatives": [
            {"key": i.initiative.key, "name": i.initiative.name, "sponsor": i.initiative.sponsor, "start": i.start}
            for i in items
        ],
        **_inputs(plan),
        "sitting": None if sitting is None else selectors.frozen_sitting(sitting),
        "comments": selectors.frozen_comments(places),
    }  # fmt: skip


def _inputs(plan: Plan) -> dict[str, Any]:
    """The question that was planned, how it was computed, and by which versions; None where it is not known."""
    result = None
    if plan.frontier_id is not None:
        result = Frontier.objects.values_list("result", flat=True).get(pk=plan.frontier_id)
    kept = dict.fromkeys(("problem", "method", "methods", "versions", "heard", "left_out"))
    return {
        "inputs": {name: (result or kept).get(name) for name in kept},
        "frozen_by": versions(),
    }


def _currency(plan: Plan) -> str:
    return plan.frontier.currency if plan.frontier is not None else default_currency()


def _sitting_for(plan: Plan) -> Sitting | None:
    """The last sitting on plans of the same horizon."""
    horizon = plan.result.get("horizon")
    return selectors.last_revealed(horizon["first"]) if horizon else None


def propose(actor: User, plan: Plan, *, title: str = "", note: str = "") -> Decision:
    """Open the two slots on a plan. Only one proposal waits at a time: the other one is signed or withdrawn first."""
    with ledger.write(actor) as log:
        waiting = Decision.objects.filter(state=TwoKeyState.PROPOSED).first()
        if waiting is not None:
            raise Refused(f"{waiting.key} waits for a key already. Sign it, dissent, or withdraw it first.")
        sitting = _sitting_for(plan)
        decision = Decision(
            key=f"DEC-{Decision.objects.count() + 1:04}", title=title.strip() or plan.name, plan=plan,
            note=note.strip(), sitting=sitting,
        )  # fmt: skip
        twokey.propose(decision, actor, frozen(plan, sitting))
        decision.save()
        after = {"plan": plan.key, "sitting": sitting.key if sitting else None, **twokey.snapshot(decision)}
        log.add("propose", "decision", decision.key, None, after)
    return decision


def _locked(decision: Decision) -> Decision:
    return Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)


def sign(actor: User, decision: Decision, role: Role, method: str, reservations: Sequence[Reserved] = ()) -> Decision:
    """Turn one key (`method`: how the account proved itself). The second one puts it in force in place of the last.

    With `reservations` the signer records dissent on single points and signs all the same.
    """
    with ledger.write(actor) as log:
        decision = _locked(decision)
        before = twokey.snapshot(decision)
        in_force = twokey.sign(decision, actor, role, method)
        _reserve(decision, actor, role, reservations)
        if in_force:
            for last in Decision.objects.filter(state=TwoKeyState.IN_FORCE):
                was = twokey.snapshot(last)
                last.state = TwoKeyState.SUPERSEDED
                last.save()
                log.add("supersede", "decision", last.key, was, twokey.snapshot(last))
            _seal(decision)
        decision.save()
        after = twokey.snapshot(decision)
        if reservations:
            after["reservations"] = [{"point": one.point, "reason": one.reason} for one in reservations]
        if in_force:
            after["record_hash"] = decision.record_hash
        log.add("sign", "decision", decision.key, before, after)
        if decision.state == TwoKeyState.IN_FORCE:
            events.decision_in_force.send(decision=decision, actor=actor)
    return decision


def _reserve(decision: Decision, actor: User, role: Role, reservations: Sequence[Reserved]) -> None:
    """Record the points; `Refused` names each that the frozen content does not hold, or that says no reason."""
    known = selectors.points_of(decision)
    wrong: list[Problem] = []
    for one in reservations:
        place = f"{one.kind}:{one.point}"[:200]
        if (one.kind, one.point) not in known:
            wrong.append(Problem(None, place, "It is no point of this decision.", "Choose one of them.", "reservation"))
        elif not one.reason.strip() or len(one.reason) > LONGEST:
            remedy = f"Say in 1 to {LONGEST} characters what you do not share."
            wrong.append(Problem(None, place, f"{known[one.kind, one.point]}: no reason.", remedy, "reservation"))
    if len({(one.kind, one.point) for one in reservations}) < len(reservations):
        wrong.append(Problem(None, "point", "A point is there twice.", "Give each point once.", "reservation"))
    if wrong:
        raise Refused(*wrong)
    Reservation.objects.bulk_create(
        Reservation(
            decision=decision, role=role.value, kind=one.kind, point=one.point,
            name=known[one.kind, one.point][:300], reason=one.reason.strip(), by=actor,
        )
        for one in reservations
    )  # fmt: skip


def _seal(decision: Decision) -> None:
    """Write down, once, how it ended: who signed when and how, every reservation, the dissent, later comments."""
    keys = []
    for role in EXECUTIVES:
        name = role.value
        signer, at = getattr(decision, f"{name}_signer"), getattr(decision, f"{name}_signed_at")
        if signer is not None:
            keys.append(
                {"role": name, "signer": signer.email, "name": signer.name, "at": at.isoformat(),
                 "method": getattr(decision, f"{name}_method"), "hash": getattr(decision, f"{name}_hash")}
            )  # fmt: skip
    dissent = None
    if decision.dissent_by is not None and decision.dissent_at is not None:
        dissent = {
            "role": decision.dissent_role, "by": decision.dissent_by.email, "at": decision.dissent_at.isoformat(),
            "reason": decision.dissent_reason,
        }  # fmt: skip
    record = {
        "decision": decision.key, "title": decision.title, "state": str(decision.state),
        "content_hash": decision.content_hash, "keys": keys, "dissent": dissent,
        "reservations": [
            {"role": one.role, "kind": one.kind, "point": one.point, "name": one.name, "reason": one.reason,
             "by": one.by.email, "at": one.at.isoformat()} for one in decision.reservations.select_related("by")
        ],
        "comments": selectors.frozen_comments([("decision", decision.key)]),
    }  # fmt: skip
    decision.record = ledger.canonical(record)
    decision.record_hash = hashlib.sha256(decision.record.encode()).hexdigest()


def dissent(actor: User, decision: Decision, role: Role, reason: str) -> Decision:
    """Record a dissent with its reason: the decision is not in force. Another proposal can follow at once."""
    with ledger.write(actor) as log:
        decision = _locked(decision)
        before = twokey.snapshot(decision)
        twokey.dissent(decision, actor, role, reason)
        _seal(decision)
        decision.save()
        log.add("dissent", "decision", decision.key, before, twokey.snapshot(decision))
    return decision


def withdraw(actor: User, decision: Decision) -> Decision:
    """Take a proposal back before it is in force; only an executive who may propose can."""
    with ledger.write(actor) as log:
        decision = _locked(decision)
        if decision.state not in OPEN:
            raise Refused("Only a proposal that still waits can be withdrawn.")
        before = twokey.snapshot(decision)
        decision.state = TwoKeyState.WITHDRAWN
        decision.save()
        log.add("withdraw", "decision", decision.key, before, twokey.snapshot(decision))
    return decision
