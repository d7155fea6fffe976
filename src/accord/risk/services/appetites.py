"""The risk appetite: proposed by either executive, in force by the keys of both."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from accord.core import ledger, twokey
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import Role
from accord.core.twokey import TwoKeyState
from accord.risk.models import Appetite
from accord.ui.format import default_currency

MOST_POINTS = 12


def propose_appetite(actor: User, points: Sequence[Sequence[float]]) -> Appetite:
    """Open the two slots on a curve of (amount, highest accepted probability of losing more in a year).

    Amounts rise and probabilities fall; `Refused` names the point that does not. One proposal waits at a time.
    """
    checked = check_points(points)
    with ledger.write(actor) as log:
        if Appetite.objects.filter(state=TwoKeyState.PROPOSED).exists():
            raise Refused("A proposal waits for a key already. Sign it, dissent, or withdraw it first.")
        appetite = Appetite(points=checked)
        twokey.propose(appetite, actor, {"currency": default_currency(), "points": checked})
        appetite.save()
        log.add("propose", "appetite", appetite.pk, None, {"points": checked, **twokey.snapshot(appetite)})
    return appetite


def check_points(points: Sequence[Sequence[float]]) -> list[list[float]]:
    """The points as numbers in order, or `Refused` with what is wrong with which."""
    problems = []
    if not 1 <= len(points) <= MOST_POINTS:
        raise Refused(Problem(None, "points", f"{len(points)} points.", f"Give 1 to {MOST_POINTS}."))
    rows = [[float(amount), float(probability)] for amount, probability in points]
    for number, (amount, probability) in enumerate(rows, 1):
        if not (isfinite(amount) and amount > 0):
            problems.append(Problem(number, "amount", f"{amount:g} is no amount.", "Give an amount above 0."))
        if not (isfinite(probability) and 0 < probability <= 1):
            remedy = "Give a share of years above 0, at most 1 (100 %)."
            problems.append(Problem(number, "probability", f"{probability:g} is no probability.", remedy))
        if number > 1 and not amount > rows[number - 2][0]:
            problems.append(Problem(number, "amount", "It is not above the one before.", "Order the amounts upward."))
        if number > 1 and not probability <= rows[number - 2][1]:
            remedy = "A larger loss cannot be accepted more often than a smaller one."
            problems.append(Problem(number, "probability", "It is above the one before.", remedy))
    if problems:
        raise Refused(*problems)
    return rows


def _locked(appetite: Appetite) -> Appetite:
    return Appetite.objects.select_for_update(of=("self",)).get(pk=appetite.pk)


def sign_appetite(appetite: Appetite, actor: User, role: Role, method: str) -> Appetite:
    """Turn one key (`method`: how the account proved itself). The second one puts it in force in place of the last."""
    with ledger.write(actor) as log:
        appetite = _locked(appetite)
        before = twokey.snapshot(appetite)
        if twokey.sign(appetite, actor, role, method):
            for last in Appetite.objects.filter(state=TwoKeyState.IN_FORCE):
                was = twokey.snapshot(last)
                last.state = TwoKeyState.SUPERSEDED
                last.save()
                log.add("supersede", "appetite", last.pk, was, twokey.snapshot(last))
        appetite.save()
        log.add("sign", "appetite", appetite.pk, before, twokey.snapshot(appetite))
    return appetite


def dissent_appetite(appetite: Appetite, actor: User, role: Role, reason: str) -> Appetite:
    """Record a dissent with its reason: the proposal does not come into force."""
    with ledger.write(actor) as log:
        appetite = _locked(appetite)
        before = twokey.snapshot(appetite)
        twokey.dissent(appetite, actor, role, reason)
        appetite.save()
        log.add("dissent", "appetite", appetite.pk, before, twokey.snapshot(appetite))
    return appetite


def withdraw_appetite(appetite: Appetite, actor: User) -> Appetite:
    """Take a proposal back before it is in force."""
    with ledger.write(actor) as log:
        appetite = _locked(appetite)
        if appetite.state != TwoKeyState.PROPOSED:
            raise Refused("Only a proposal that still waits can be withdrawn.")
        before = twokey.snapshot(appetite)
        appetite.state = TwoKeyState.WITHDRAWN
        appetite.save()
        log.add("withdraw", "appetite", appetite.pk, before, twokey.snapshot(appetite))
    return appetite
