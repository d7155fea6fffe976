"""A sitting: opened on a frontier, a position handed in by each executive unseen, then both shown at once."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.decisions import difference, positions, selectors
from accord.decisions.models import Frontier, Position, Sitting, Stance
from accord.decisions.positions import View
from accord.decisions.selectors.inputs import METHOD
from accord.decisions.versions import versions
from accord.strategy.models import Initiative

JOB = "decisions.differences"


def open_sitting(actor: User, frontier: Frontier) -> Sitting:
    """Begin a round on a frontier. Only one is open at a time."""
    if not any(actor.has_role(role) for role in EXECUTIVES):
        raise Refused("Only the CIO and the CISO open a sitting.")
    with ledger.write(actor) as log:
        waiting = Sitting.objects.filter(state=Sitting.State.OPEN).first()
        if waiting is not None:
            raise Refused(f"{waiting.key} is open. Hand in your positions there, or close it first.")
        sitting = Sitting.objects.create(
            key=f"SIT-{Sitting.objects.count() + 1:04}", frontier=frontier, opened_by=actor
        )
        log.add("open", "sitting", sitting.key, None, {"frontier": frontier.pk, "inputs_hash": frontier.inputs_hash})
    return sitting


def _locked(sitting: Sitting) -> Sitting:
    held = Sitting.objects.select_for_update(of=("self",)).get(pk=sitting.pk)
    if held.state != Sitting.State.OPEN:
        raise Refused(f"{held.key} is not open: {held.get_state_display().lower()}.")
    return held


def save_position(actor: User, sitting: Sitting, role: Role, view: View, *, hand_in: bool = False) -> Sitting:
    """Keep one's own position in private; with `hand_in` it is final, and with the second one both are shown.

    The ledger gets no more than that it was handed in, and its hash, until both are shown.
    """
    if role not in EXECUTIVES or not actor.has_role(role):
        raise Refused(f"Only the {role.label} can speak as {role.label}.")
    problem = Frontier.objects.values_list("result__problem", flat=True).get(pk=sitting.frontier_id)
    content = positions.written(positions.checked(problem, view))
    with ledger.write(actor) as log:
        sitting, now = _locked(sitting), timezone.now()
        if getattr(sitting, f"{role.value}_hash"):
            raise Refused(f"The {role.label} has handed in already.")
        held = {one.role: one for one in Position.sealed.select_for_update().filter(sitting=sitting)}
        other = next((one for one in held.values() if one.role != role.value), None)
        if other is not None and other.by_id == actor.pk:
            raise Refused("Two positions need two persons: you have spoken in the other role.")
        own = held.get(role.value)
        if own is not None and own.by_id != actor.pk:
            raise Refused(f"Another account is writing the {role.label}'s position.")
        own = own or Position(sitting=sitting, role=role.value, by=actor, nonce=positions.new_nonce())
        own.content, own.saved_at = content, now
        own.save()
        if hand_in:
            _commit(log, sitting, role, own)
            if sitting.cio_hash and sitting.ciso_hash:
                _reveal(log, actor, sitting)
            sitting.save()
    return sitting


def _commit(log: ledger.Log, sitting: Sitting, role: Role, own: Position) -> None:
    hashed = positions.commitment(own.nonce, own.content)
    setattr(sitting, f"{role.value}_by", own.by)
    setattr(sitting, f"{role.value}_at", own.saved_at)
    setattr(sitting, f"{role.value}_hash", hashed)
    log.add("hand_in", "sitting", sitting.key, None, {"role": role.value, "hash": hashed})


def _reveal(log: ledger.Log, actor: User, sitting: Sitting) -> None:
    """Show both: the ledger gets them with their nonces, and each one's stances become those handed in."""
    sitting.state, sitting.revealed_at = Sitting.State.REVEALED, timezone.now()
    shown: dict[str, Any] = {}
    for one in Position.sealed.select_related("by").filter(sitting=sitting).order_by("role"):
        view = View.from_json(one.content)
        shown[one.role] = {"nonce": one.nonce, **view.as_json()}
        _replace_stances(log, one, view)
    log.add("reveal", "sitting", sitting.key, None, shown)
    jobs.enqueue(actor, JOB, sitting=sitting.key)


def _replace_stances(log: ledger.Log, position: Position, view: View) -> None:
    before = {
        stance.initiative.key: {"kind": str(stance.kind), "reason": stance.reason}
        for stance in Stance.objects.filter(role=position.role).select_related("initiative")
    }
    after = {key: {"kind": one.kind, "reason": one.reason} for key, one in view.stances.items()}
    ids = dict(Initiative.objects.filter(key__in=list(after)).values_list("key", "pk"))
    after = {key: row for key, row in after.items() if key in ids}
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    Stance.objects.filter(role=position.role, initiative__key__in=changed).delete()
    Stance.objects.bulk_create(
        Stance(role=position.role, initiative_id=ids[key], by=position.by, at=position.saved_at, **after[key])
        for key in changed
        if key in after
    )
    for key in changed:
        verb = "remove" if key not in after else "change" if key in before else "add"
        log.add(verb, "stance", f"{position.role} → {key}", before.get(key), after.get(key))


def close_sitting(actor: User, sitting: Sitting) -> Sitting:
    """End a sitting before both were shown; what was written there is destroyed unread."""
    if not any(actor.has_role(role) for role in EXECUTIVES):
        raise Refused("Only the CIO and the CISO close a sitting.")
    with ledger.write(actor) as log:
        sitting = _locked(sitting)
        Position.sealed.filter(sitting=sitting).delete()
        sitting.state = Sitting.State.CLOSED
        sitting.save()
        log.add("close", "sitting", sitting.key, {"state": "open"}, {"state": "closed"})
    return sitting


def price_differences(
    actor: User, key: str, *, seconds: float = difference.SECONDS,
    tell: difference.Tell = lambda done, total, message: None,
) -> Sitting:  # fmt: skip
    """Plan every way of a revealed sitting, outside of any transaction, and keep what each difference costs."""
    sitting = Sitting.objects.select_related("frontier").filter(key=key).first()
    if sitting is None:
        raise Refused(f"There is no sitting “{key}”.")
    views = selectors.positions(sitting)
    known = selectors.starts_of(sitting.frontier)
    found = difference.differences(sitting.frontier.result, views, known, seconds, tell)
    return _keep_differences(actor, sitting, {**found, "versions": versions(), "method": METHOD})


def _keep_differences(actor: User, sitting: Sitting, found: dict[str, Any]) -> Sitting:
    with ledger.write(actor) as log:
        held = Sitting.objects.select_for_update(of=("self",)).get(pk=sitting.pk)
        if held.state != Sitting.State.REVEALED:
            raise Refused(f"{held.key} is not revealed yet.")
        held.differences = found
        held.save(update_fields=["differences"])
        summary = {"goals": len(found["goals"]), "initiatives": len(found["initiatives"]), "seconds": found["seconds"]}
        log.add("run", "sitting", held.key, None, summary)
    return held
