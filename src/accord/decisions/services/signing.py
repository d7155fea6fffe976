"""A plan becomes a decision: proposed with everything frozen, signed by both, or dissented from."""

from __future__ import annotations

from typing import Any

from accord.core import events, ledger, twokey
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.decisions.models import Decision, Plan
from accord.ui.format import default_currency

OPEN = (TwoKeyState.DRAFT, TwoKeyState.PROPOSED)


def frozen(plan: Plan) -> dict[str, Any]:
    """Everything that a decision on this plan rests on, as data: it is hashed, and the signatures bind it."""
    items = plan.items.select_related("initiative").order_by("initiative__key")
    return {
        "plan": plan.key, "name": plan.name, "origin": plan.origin, "inputs_hash": plan.inputs_hash,
        "made": plan.made.isoformat(), "currency": _currency(plan),
        "value": plan.value, "loss": plan.loss, "result": plan.result,
        "initiatives": [
            {"key": i.initiative.key, "name": i.initiative.name, "sponsor": i.initiative.sponsor, "start": i.start}
            for i in items
        ],
    }  # fmt: skip


def _currency(plan: Plan) -> str:
    return plan.frontier.currency if plan.frontier is not None else default_currency()


def propose(actor: User, plan: Plan, *, title: str = "", note: str = "") -> Decision:
    """Open the two slots on a plan. Only one proposal waits at a time: the other one is signed or withdrawn first."""
    with ledger.write(actor) as log:
        waiting = Decision.objects.filter(state=TwoKeyState.PROPOSED).first()
        if waiting is not None:
            raise Refused(f"{waiting.key} waits for a key already. Sign it, dissent, or withdraw it first.")
        decision = Decision(
            key=f"DEC-{Decision.objects.count() + 1:04}", title=title.strip() or plan.name, plan=plan, note=note.strip()
        )
        twokey.propose(decision, actor, frozen(plan))
        decision.save()
        log.add("propose", "decision", decision.key, None, {"plan": plan.key, **twokey.snapshot(decision)})
    return decision


def _locked(decision: Decision) -> Decision:
    return Decision.objects.select_for_update(of=("self",)).get(pk=decision.pk)


def sign(actor: User, decision: Decision, role: Role, method: str) -> Decision:
    """Turn one key (`method`: how the account proved itself). The second one puts it in force in place of the last."""
    with ledger.write(actor) as log:
        decision = _locked(decision)
        before = twokey.snapshot(decision)
        if twokey.sign(decision, actor, role, method):
            for last in Decision.objects.filter(state=TwoKeyState.IN_FORCE):
                was = twokey.snapshot(last)
                last.state = TwoKeyState.SUPERSEDED
                last.save()
                log.add("supersede", "decision", last.key, was, twokey.snapshot(last))
        decision.save()
        log.add("sign", "decision", decision.key, before, twokey.snapshot(decision))
        if decision.state == TwoKeyState.IN_FORCE:
            events.decision_in_force.send(decision=decision, actor=actor)
    return decision


def dissent(actor: User, decision: Decision, role: Role, reason: str) -> Decision:
    """Record a dissent with its reason: the decision is not in force."""
    with ledger.write(actor) as log:
        decision = _locked(decision)
        before = twokey.snapshot(decision)
        twokey.dissent(decision, actor, role, reason)
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
