"""What either executive insists on."""

from __future__ import annotations

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.decisions.models import Sitting, Stance
from accord.strategy.models import Initiative


def set_stance(actor: User, role: Role, initiative: Initiative, kind: str, reason: str = "") -> None:
    """What one executive insists on about an initiative: "pin", "drop", or "" for neither."""
    if role not in EXECUTIVES or not actor.has_role(role):
        raise Refused(f"Only the {role.label} can speak as {role.label}.")
    if kind not in ("", *Stance.Kind.values):
        raise Refused(Problem(None, "kind", f"“{kind}” is none.", "Use pin, drop, or nothing.", "stance"))
    reason = " ".join(reason.split())
    if len(reason) > 500:
        raise Refused(Problem(None, "reason", "It is longer than 500 characters.", "Shorten it.", "stance"))
    with ledger.write(actor) as log:
        if (waiting := Sitting.objects.filter(state=Sitting.State.OPEN).first()) is not None:
            raise Refused(f"{waiting.key} is open: what you insist on goes into your position there, unseen.")
        held = Stance.objects.select_for_update().filter(role=role.value, initiative=initiative).first()
        before = None if held is None else {"kind": str(held.kind), "reason": held.reason}
        after = {"kind": kind, "reason": reason} if kind else None
        if before == after:
            return
        if held is not None:
            held.delete()
        if kind:
            Stance.objects.create(role=role.value, initiative=initiative, kind=kind, reason=reason, by=actor)
        verb = "remove" if not kind else "add" if before is None else "change"
        log.add(verb, "stance", f"{role.value} → {initiative.key}", before, after)
