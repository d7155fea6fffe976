"""Reads of sittings. What was not revealed is read by its author alone; everybody else is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accord.core.errors import Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.decisions import positions as written
from accord.decisions.models import Frontier, Position, Sitting, Stance
from accord.decisions.positions import Insisted, View

PEOPLE = ("opened_by", "cio_by", "ciso_by", "frontier")


def sittings() -> QuerySet[Sitting]:
    """All sittings, newest first; what their frontiers and differences hold left out."""
    return Sitting.objects.select_related(*PEOPLE).defer("frontier__result", "differences")


def find_sitting(key: str) -> Sitting | None:
    """One sitting with its differences; its frontier's result left out. One query."""
    return Sitting.objects.select_related(*PEOPLE).defer("frontier__result").filter(key=key).first()


def open_sitting() -> Sitting | None:
    """The sitting that waits for positions. One query."""
    return sittings().filter(state=Sitting.State.OPEN).first()


def last_revealed(first_quarter: str = "") -> Sitting | None:
    """The newest sitting that was revealed (on plans that begin in a quarter). One query."""
    found = Sitting.objects.select_related(*PEOPLE).defer("frontier__result").filter(state=Sitting.State.REVEALED)
    if first_quarter:
        found = found.filter(frontier__result__horizon__first=first_quarter)
    return found.order_by("-revealed_at", "-pk").first()


def positions(sitting: Sitting) -> dict[str, View]:
    """Role → position of a revealed sitting; `Refused` before both have handed in. One query."""
    if sitting.state != Sitting.State.REVEALED:
        raise Refused("Positions are shown when both executives have handed in.")
    rows = Position.objects.filter(sitting=sitting)
    return {one.role: View.from_json(one.content) for one in rows}


def own_position(user: Any, sitting: Sitting, role: Role) -> View | None:
    """What the reader wrote in a role; None where it is nothing yet. `Refused` where another wrote it. One query."""
    if not isinstance(user, User) or role not in EXECUTIVES or not user.has_role(role):
        raise Refused(f"Only the {role.label} reads the {role.label}'s position before both are shown.")
    found = Position.sealed.filter(sitting=sitting, role=role.value).first()
    if found is None:
        return None
    if found.by_id != user.pk:
        raise Refused("Another account is writing it: only that one reads it before both are shown.")
    return View.from_json(found.content)


def stances_of_role(role: Role) -> dict[str, Insisted]:
    """Initiative → what an executive insists on now. One query."""
    rows = Stance.objects.filter(role=role.value).values_list("initiative__key", "kind", "reason")
    return {key: Insisted(kind, reason) for key, kind, reason in rows}


def horizon_years(frontier: int) -> float:
    """Length of the horizon of a frontier, its other content left where it is. One query."""
    return float(Frontier.objects.values_list("result__horizon__quarters", flat=True).get(pk=frontier)) / 4


def commitments_hold(sitting: Sitting) -> bool:
    """Whether what was shown is what each had committed to. One query."""
    rows = Position.objects.filter(sitting=sitting)
    return all(
        written.commitment(one.nonce, one.content) == getattr(sitting, f"{one.role}_hash") for one in rows
    ) and len(rows) == len(EXECUTIVES)


@dataclass(frozen=True, slots=True)
class Hand:
    """How far one executive is in a sitting; nothing of what was written."""

    role: Role
    handed_in: bool
    name: str
    at: Any
    hash: str

    @property
    def label(self) -> str:
        return str(self.role.label)


def hands(sitting: Sitting) -> list[Hand]:
    """Both executives' progress. No query."""
    found = []
    for role in EXECUTIVES:
        by, at, hashed = (getattr(sitting, f"{role.value}_{part}") for part in ("by", "at", "hash"))
        found.append(Hand(role, bool(hashed), str(by or ""), at, hashed))
    return found


def frozen_sitting(sitting: Sitting) -> dict[str, Any]:
    """A revealed sitting as data, for the content that a decision freezes: both positions and what they cost."""
    rows = Position.objects.filter(sitting=sitting).select_related("by").order_by("role")
    return {
        "key": sitting.key,
        "frontier": sitting.frontier_id,
        "revealed_at": sitting.revealed_at.isoformat() if sitting.revealed_at else None,
        "positions": {
            one.role: {
                **View.from_json(one.content).as_json(),
                "by": one.by.email,
                "nonce": one.nonce,
                "hash": getattr(sitting, f"{one.role}_hash"),
            }
            for one in rows
        },
        "differences": sitting.differences,
    }
