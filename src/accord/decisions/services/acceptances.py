"""An acceptance: proposed with the findings that it covers, signed by both, ended by its day or by a revocation."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone

from accord.core import ledger, twokey, webhooks
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions.models import Acceptance, AcceptedFinding
from accord.decisions.selectors.acceptances import carried, subject_of, within
from accord.decisions.services.patches import end_of
from accord.exposure.models import Finding
from accord.exposure.services import lifecycle
from accord.program.models import Control
from accord.ui.format import default_currency

MOST_FINDINGS = 50_000
LONGEST = 5000
STEP = 2000
Ended = Acceptance.Ended
webhooks.declare("acceptance.in_force", "Findings are accepted until a day")
webhooks.declare("acceptance.ended", "An acceptance ran out, was revoked or was replaced")


def propose_acceptance(
    actor: User,
    scope: str,
    subject: str,
    until: dt.date | None,
    reason: str,
    *,
    measures: str = "",
    controls: Sequence[str] = (),
    predecessor: Acceptance | None = None,
) -> Acceptance:
    """Note the findings that are open in the scope now, freeze them with reason and last day, and open the two slots.

    What is accepted by another acceptance already is left to that one, unless it is the `predecessor`, which is
    replaced when this one comes into force. `Refused` names every problem.
    """
    name, why, said, known = _checked(scope, subject, until, reason, measures, controls, predecessor)
    assert until is not None and name is not None
    with ledger.write(actor) as log:
        found = _to_cover(scope, name[0], predecessor)
        last = Acceptance.objects.aggregate(last=Max("pk"))["last"] or 0
        one = Acceptance.objects.create(
            key=f"ACC-{last + 1:04}", scope=scope, subject=name[0], name=name[1][:300], reason=why, until=until,
            measures=said, by=actor, predecessor=predecessor,
        )  # fmt: skip
        one.controls.set(known)
        AcceptedFinding.objects.bulk_create(
            [AcceptedFinding(acceptance=one, finding_id=pk) for pk, _ in found], batch_size=STEP
        )
        twokey.propose(one, actor, _content(one, found, known))
        one.save()
        log.add("propose", "acceptance", one.key, None, _snapshot(one))
    return one


def _checked(
    scope: str, subject: str, until: dt.date | None, reason: str, measures: str, controls: Sequence[str],
    predecessor: Acceptance | None,
) -> tuple[tuple[str, str] | None, str, str, list[Control]]:  # fmt: skip
    problems: list[Problem] = []
    name = subject_of(scope, subject.strip())
    if scope not in Acceptance.Scope.values:
        remedy = f"Choose one of {', '.join(Acceptance.Scope.values)}."
        problems.append(Problem(None, "scope", f"“{scope[:40]}” is no scope.", remedy))
    elif name is None:
        problems.append(Problem(None, "subject", f"There is no {scope} “{subject[:100]}”.", "Give its key."))
    today = timezone.localdate()
    latest = today + dt.timedelta(days=settings.ACCORD_ACCEPTANCE_DAYS)
    if until is None:
        problems.append(Problem(None, "until", "It is blank.", "Nothing is accepted for ever: give a last day."))
    elif not today <= until <= latest:
        problems.append(Problem(None, "until", f"{until} is not from {today} to {latest}.",
                                f"Give a day within {settings.ACCORD_ACCEPTANCE_DAYS} days."))  # fmt: skip
    why, said = reason.strip(), measures.strip()
    if not why:
        problems.append(Problem(None, "reason", "It is blank.", "Say why the findings are left open."))
    for column, text in (("reason", why), ("measures", said)):
        if len(text) > LONGEST:
            problems.append(Problem(None, column, f"{len(text)} characters.", f"Give at most {LONGEST}."))
    known = list(Control.objects.filter(key__in=controls).order_by("key"))
    for key in sorted(set(controls) - {one.key for one in known}):
        problems.append(Problem(None, "controls", f"There is no control “{key[:100]}”.", "Choose one of them."))
    if predecessor is not None and (predecessor.scope, predecessor.subject) != (scope, subject.strip()):
        problems.append(Problem(None, "scope", "It is about something else than the one it replaces.", "Keep it."))
    if problems:
        raise Refused(*problems)
    return name, why, said, known


def _to_cover(scope: str, subject: str, predecessor: Acceptance | None) -> list[tuple[int, str]]:
    """(primary key, fingerprint) of what is open in the scope and not accepted by another acceptance."""
    rows = within(scope, subject)
    free = rows.exclude(state=Finding.State.ACCEPTED)
    if predecessor is not None:
        before = AcceptedFinding.objects.filter(acceptance=predecessor).values("finding_id")
        free = free | rows.filter(pk__in=before)
    found = list(free.order_by("pk").values_list("pk", "fingerprint")[: MOST_FINDINGS + 1])
    if not found:
        raise Refused(Problem(None, "subject", "Nothing is open there that is not accepted already.", "Look again."))
    if len(found) > MOST_FINDINGS:
        remedy = "Accept less at once."
        raise Refused(Problem(None, "subject", f"More than {MOST_FINDINGS:,} findings are open there.", remedy))
    return found


def _content(one: Acceptance, found: Iterable[tuple[int, str]], controls: Sequence[Control]) -> dict[str, Any]:
    """What both sign: scope, reason, last day, the findings by a digest of their fingerprints, what they cost now."""
    prints = sorted(fingerprint for _, fingerprint in found)
    now = carried(Finding.objects.filter(covers_of(one)))
    return {
        "scope": one.scope, "subject": one.subject, "name": one.name, "reason": one.reason,
        "until": one.until.isoformat(), "measures": one.measures,
        "controls": [{"key": control.key, "name": control.name} for control in controls],
        "findings": len(prints), "fingerprints": hashlib.sha256("\n".join(prints).encode()).hexdigest(),
        "unpriced": now.unpriced, "loss_a_year": None if now.ends is None else list(now.ends),
        "currency": default_currency(), "replaces": one.predecessor.key if one.predecessor else None,
    }  # fmt: skip


def covers_of(one: Acceptance) -> Any:
    """The condition for the findings that an acceptance covers."""
    return Q(pk__in=AcceptedFinding.objects.filter(acceptance=one).values("finding_id"))


def sign_acceptance(actor: User, acceptance: Acceptance, role: Role, method: str) -> Acceptance:
    """Turn one key. The second one accepts the findings, and ends the acceptance that it replaces."""
    with ledger.write(actor) as log:
        one = _locked(acceptance)
        if one.until < timezone.localdate():
            raise Refused("Its last day is over: withdraw it and propose a new one.")
        before = _snapshot(one)
        if twokey.sign(one, actor, role, method):
            _seal(one)
        one.save()
        log.add("sign", "acceptance", one.key, before, _snapshot(one))
        if one.state == TwoKeyState.IN_FORCE:
            old = None if one.predecessor_id is None else _locked(one.predecessor)
            if old is not None and old.state == TwoKeyState.IN_FORCE and not old.ended:
                _end(log, old, Ended.REPLACED, actor, f"By {one.key}.")
            lifecycle.accept(actor, Finding.objects.filter(covers_of(one)), end_of(one.until), one.reason, one.key)
            webhooks.send("acceptance.in_force", {
                "acceptance": one.key, "scope": one.scope, "subject": one.subject, "until": one.until.isoformat(),
            })  # fmt: skip
    return one


def dissent_acceptance(actor: User, acceptance: Acceptance, role: Role, reason: str) -> Acceptance:
    """Record a dissent with its reason: nothing is accepted."""
    with ledger.write(actor) as log:
        one = _locked(acceptance)
        before = _snapshot(one)
        twokey.dissent(one, actor, role, reason)
        _seal(one)
        one.save()
        log.add("dissent", "acceptance", one.key, before, _snapshot(one))
    return one


def withdraw_acceptance(actor: User, acceptance: Acceptance) -> Acceptance:
    """Take a proposal back before it is in force."""
    with ledger.write(actor) as log:
        one = _locked(acceptance)
        if one.state != TwoKeyState.PROPOSED:
            raise Refused("Only what is not in force yet can be withdrawn.")
        before = _snapshot(one)
        one.state = TwoKeyState.WITHDRAWN
        one.save(update_fields=["state"])
        log.add("withdraw", "acceptance", one.key, before, _snapshot(one))
    return one


def revoke_acceptance(actor: User, acceptance: Acceptance, reason: str) -> Acceptance:
    """End one before its day, by either executive alone: its findings are open again with their deadlines."""
    if not reason.strip():
        raise Refused(Problem(None, "reason", "It is blank.", "Say why it ends: the reason is kept."))
    with ledger.write(actor) as log:
        one = _locked(acceptance)
        if one.state != TwoKeyState.IN_FORCE or one.ended:
            raise Refused("It is not in force.")
        _end(log, one, Ended.REVOKED, actor, reason.strip()[:LONGEST])
    return one


def end_acceptances_that_ran_out(today: dt.date | None = None) -> int:
    """End, once, what has run out; each in a transaction of its own. Returns how many."""
    over = Acceptance.objects.filter(
        state=TwoKeyState.IN_FORCE, ended="", until__lt=today or timezone.localdate()
    )  # fmt: skip
    ended = 0
    for key in list(over.values_list("key", flat=True)):
        with ledger.write(None) as log:
            one = over.select_for_update(of=("self",)).filter(key=key).first()
            if one is not None:
                _end(log, one, Ended.RAN_OUT, None, "")
                ended += 1
    return ended


def _end(log: ledger.Log, one: Acceptance, how: str, actor: User | None, reason: str) -> None:
    before = _snapshot(one)
    lifecycle.end_acceptance(one.key, actor, reason)
    one.ended, one.ended_at, one.ended_by, one.ended_reason = how, timezone.now(), actor, reason
    if how == Ended.REPLACED:
        one.state = TwoKeyState.SUPERSEDED
    one.save(update_fields=["ended", "ended_at", "ended_by", "ended_reason", "state"])
    log.add("end", "acceptance", one.key, before, _snapshot(one))
    webhooks.send("acceptance.ended", {"acceptance": one.key, "how": str(how)})


def _locked(acceptance: Any) -> Acceptance:
    return Acceptance.objects.select_for_update(of=("self",)).get(pk=acceptance.pk)


def _snapshot(one: Acceptance) -> dict[str, Any]:
    return {
        "scope": one.scope, "subject": one.subject, "until": one.until, "reason": one.reason,
        "measures": one.measures or None, "ended": one.ended or None, "ended_reason": one.ended_reason or None,
        "record_hash": one.record_hash or None, **twokey.snapshot(one),
    }  # fmt: skip


def _seal(one: Acceptance) -> None:
    """Write down, once, how its signing ended."""
    keys = [
        {
            "role": role.value, "signer": signer.email, "name": signer.name,
            "at": getattr(one, f"{role.value}_signed_at").isoformat(),
            "method": getattr(one, f"{role.value}_method"), "hash": getattr(one, f"{role.value}_hash"),
        }
        for role in EXECUTIVES
        if (signer := getattr(one, f"{role.value}_signer")) is not None
    ]  # fmt: skip
    dissent = None
    if one.dissent_by is not None and one.dissent_at is not None:
        dissent = {"role": one.dissent_role, "by": one.dissent_by.email, "at": one.dissent_at.isoformat(),
                   "reason": one.dissent_reason}  # fmt: skip
    record = {"acceptance": one.key, "name": one.name, "state": str(one.state), "content_hash": one.content_hash,
              "keys": keys, "dissent": dissent}  # fmt: skip
    one.record = ledger.canonical(record)
    one.record_hash = hashlib.sha256(one.record.encode()).hexdigest()
