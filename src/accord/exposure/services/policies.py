"""The policy of priority: proposed by CIO or CISO with a preview, in force by the keys of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from accord.core import jobs, ledger, twokey
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.engines import priority
from accord.exposure.models import IS_OPEN, Finding, PriorityPolicy
from accord.exposure.selectors.policy import forget, policy_now
from accord.exposure.services import assessing, ranking, triage

PREVIEW, APPLY = "exposure.policy_preview", "exposure.policy_apply"
ROWS = 5000
WORK = ("open", "in_progress", "claimed")


def checked(data: Mapping[str, Any]) -> priority.Policy:
    """The policy of plain data, or `Refused` with the field, the reason and the remedy."""
    try:
        return priority.policy_from(data)
    except priority.BadPolicy as error:
        raise Refused(Problem(None, error.field, error.reason, error.remedy)) from None


def propose_policy(actor: User, title: str, reason: str, data: Mapping[str, Any]) -> PriorityPolicy:
    """Propose a policy: its content is frozen, and a worker counts what it would change. One waits at a time."""
    rules = checked(data)
    if not title.strip():
        raise Refused(Problem(None, "title", "It has no name.", "Name the policy."))
    if rules == policy_now():
        raise Refused("This is the policy that is in force: nothing would change.")
    with ledger.write(actor) as log:
        if PriorityPolicy.objects.filter(state=TwoKeyState.PROPOSED).exists():
            raise Refused("A policy waits for a key already. Sign it, dissent, or withdraw it first.")
        made = PriorityPolicy(title=title.strip()[:200], reason=reason.strip(), table=rules.as_data())
        twokey.propose(made, actor, {"title": made.title, "table": made.table})
        made.save()
        log.add("propose", "policy", made.key, None, {"table": made.table, **twokey.snapshot(made)})
    jobs.enqueue(actor, PREVIEW, f"Preview of {made.key}", policy=made.pk)
    return made


def preview(policy: PriorityPolicy, tell: Any = None) -> dict[str, Any]:
    """Count how the open findings would move, without a write to any: `moves` are (from, to, number) by worst class.

    `later` and `sooner` are findings of work (open and not accepted) that get a milder or a more urgent class, `added`
    and `dropped` those that get or lose a deadline, `unsettled` those whose class would stay an interval.
    """
    rules = policy.rules
    moves: dict[tuple[int, int], int] = {}
    unsettled = done = 0
    had = policy_now()
    total = Finding.objects.filter(IS_OPEN).count()
    names = (
        "id", "known_exploited", "reach", "possible", "epss", "goal_weight", "severity", "cvss_score", "price",
        "worst_class", "state", "asset_id",
    )  # fmt: skip
    after = 0
    while True:
        rows = list(Finding.objects.filter(IS_OPEN, pk__gt=after).order_by("pk").only(*names)[:ROWS])
        if not rows:
            break
        after = rows[-1].pk
        best, worst = ranking.classes_of(rows, rules)
        for finding, milder, graver in zip(rows, best, worst, strict=True):
            unsettled += milder != graver
            if finding.state in WORK:
                at = (finding.worst_class, graver)
                moves[at] = moves.get(at, 0) + 1
        done += len(rows)
        if tell is not None:
            tell(done, total, "Counting what would change")
    found = {
        "moves": [[a, b, n] for (a, b), n in sorted(moves.items())],
        "findings": sum(moves.values()),
        "changed": sum(n for (a, b), n in moves.items() if a != b),
        "sooner": sum(n for (a, b), n in moves.items() if b < a),
        "later": sum(n for (a, b), n in moves.items() if b > a),
        "added": sum(n for (a, b), n in moves.items() if had.days(a) is None and rules.days(b) is not None),
        "dropped": sum(n for (a, b), n in moves.items() if had.days(a) is not None and rules.days(b) is None),
        "triage": sum(n for (a, b), n in moves.items() if rules.triage(b)),
        "unsettled": unsettled,
    }
    PriorityPolicy.objects.filter(pk=policy.pk).update(preview=found, previewed_at=timezone.now())
    return found


def _locked(policy: PriorityPolicy) -> PriorityPolicy:
    return PriorityPolicy.objects.select_for_update(of=("self",)).get(pk=policy.pk)


def sign_policy(policy: PriorityPolicy, actor: User, role: Role, method: str) -> PriorityPolicy:
    """Turn one key. The second puts it in force in place of the last, and a worker ranks all findings by it.

    `Refused` until the preview was counted: nobody signs what nobody has seen.
    """
    with ledger.write(actor) as log:
        policy = _locked(policy)
        if policy.preview is None:
            raise Refused("What it would change is not counted yet. Wait for the preview, then sign.")
        before = twokey.snapshot(policy)
        in_force = twokey.sign(policy, actor, role, method)
        if in_force:
            for last in PriorityPolicy.objects.filter(state=TwoKeyState.IN_FORCE):
                was = twokey.snapshot(last)
                last.state = TwoKeyState.SUPERSEDED
                last.save()
                log.add("supersede", "policy", last.key, was, twokey.snapshot(last))
        policy.save()
        log.add("sign", "policy", policy.key, before, twokey.snapshot(policy))
    if in_force:
        forget()
        jobs.enqueue(actor, APPLY, f"Rank all findings by {policy.key}", policy=policy.pk)
    return policy


def dissent_policy(policy: PriorityPolicy, actor: User, role: Role, reason: str) -> PriorityPolicy:
    """Record a dissent with its reason: the policy does not come into force."""
    with ledger.write(actor) as log:
        policy = _locked(policy)
        before = twokey.snapshot(policy)
        twokey.dissent(policy, actor, role, reason)
        policy.save()
        log.add("dissent", "policy", policy.key, before, twokey.snapshot(policy))
    return policy


def withdraw_policy(policy: PriorityPolicy, actor: User) -> PriorityPolicy:
    """Take a proposal back before it is in force."""
    with ledger.write(actor) as log:
        policy = _locked(policy)
        if policy.state != TwoKeyState.PROPOSED:
            raise Refused("Only a policy that still waits can be withdrawn.")
        before = twokey.snapshot(policy)
        policy.state = TwoKeyState.WITHDRAWN
        policy.save()
        log.add("withdraw", "policy", policy.key, before, twokey.snapshot(policy))
    return policy


def apply_policy(actor: User | None, policy: PriorityPolicy, pause: Any = None) -> int:
    """Rank all open findings by the policy in force; returns how many changed. Safe to repeat."""
    changed = assessing.rank_all(actor, pause)
    triage.keep(actor)
    with ledger.write(actor) as log:
        PriorityPolicy.objects.filter(pk=policy.pk).update(applied_at=timezone.now())
        log.add("apply", "policy", policy.key, None, {"findings": changed})
    return changed


__all__ = [
    "APPLY", "PREVIEW", "apply_policy", "checked", "dissent_policy", "preview", "propose_policy", "sign_policy",
    "withdraw_policy",
]  # fmt: skip
