"""What both executives see: what is in force, what waits for whose key, where they agree and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accord.briefing import parts
from accord.briefing.parts import Table, address
from accord.briefing.words import units
from accord.core.statements import Statement
from accord.core.twokey import TwoKeyState
from accord.decisions.models import Decision, Frontier, PlanItem, Sheet, Stance
from accord.decisions.selectors import sheets_that_count
from accord.strategy.models import Initiative

SHOWN = 5
NAMED = 3
COUNTING = (TwoKeyState.PROPOSED, TwoKeyState.IN_FORCE)


@dataclass(frozen=True, slots=True)
class Joint:
    """Decisions that count now, and what each executive would choose alone.

    `sheets` wait for a key or are in force and have not run out. `alone` has the initiatives (key → name) of the plans
    "cio", "ciso" and "joint" of the last frontier; a plan that was not computed is missing. `disputed` are initiatives
    that one pins and the other drops.
    """

    in_force: Decision | None
    waiting: Sequence[Decision]
    refused: Sequence[Decision]
    alone: dict[str, dict[str, str]]
    disputed: dict[str, str] = field(default_factory=dict)
    sheets: Sequence[Sheet] = ()

    @property
    def both(self) -> dict[str, str]:
        """What each of them would choose also alone."""
        return {key: name for key, name in self._of("cio").items() if key in self._of("ciso")}

    @property
    def only_cio(self) -> dict[str, str]:
        return {key: name for key, name in self._of("cio").items() if key not in self._of("ciso")}

    @property
    def only_ciso(self) -> dict[str, str]:
        return {key: name for key, name in self._of("ciso").items() if key not in self._of("cio")}

    @property
    def computed(self) -> bool:
        return "cio" in self.alone and "ciso" in self.alone

    def _of(self, origin: str) -> dict[str, str]:
        return self.alone.get(origin, {})


def decisions() -> list[Decision]:
    """The last decisions in force, waiting for a key, or met by dissent; what they froze left out. One query."""
    return list(_of(*COUNTING, TwoKeyState.DISSENT).defer("content")[:20])


def present() -> Joint:
    """The decision in force with what it froze, and what waits for a key. One query."""
    return sorted_out(list(_of(*COUNTING)))


def _of(*states: TwoKeyState) -> QuerySet[Decision]:
    found = Decision.objects.filter(state__in=states).select_related("cio_signer", "ciso_signer", "dissent_by")
    return found.order_by("-created")


def joint() -> Joint:
    """What stands between the two executives. Three queries."""
    found = decisions()
    sheets = sheets_that_count(timezone.localdate())
    last = Frontier.objects.order_by("-at", "-id").values("pk")[:1]
    inside = PlanItem.objects.filter(initiative=OuterRef("pk"), plan__frontier__in=last)
    says = Stance.objects.filter(initiative=OuterRef("pk")).values("kind")
    origins = ("cio", "ciso", "joint")
    rows: QuerySet[Any] = Initiative.objects.order_by("key").annotate(
        **{f"in_{origin}": Exists(inside.filter(plan__origin=origin)) for origin in origins},
        **{f"stance_{role}": Subquery(says.filter(role=role)[:1]) for role in ("cio", "ciso")},
    )
    alone: dict[str, dict[str, str]] = {}
    disputed: dict[str, str] = {}
    for row in rows.values("key", "name", "in_cio", "in_ciso", "in_joint", "stance_cio", "stance_ciso"):
        for origin in origins:
            if row[f"in_{origin}"]:
                alone.setdefault(origin, {})[row["key"]] = row["name"]
        if row["stance_cio"] and row["stance_ciso"] and row["stance_cio"] != row["stance_ciso"]:
            disputed[row["key"]] = row["name"]
    return replace(sorted_out(found, alone, disputed), sheets=sheets)


def sorted_out(
    found: Sequence[Decision], alone: dict[str, dict[str, str]] | None = None, disputed: dict[str, str] | None = None
) -> Joint:
    """The decisions by their state. No query."""

    def of(state: TwoKeyState) -> list[Decision]:
        return [decision for decision in found if decision.state == state]

    in_force = of(TwoKeyState.IN_FORCE)
    waiting, refused = of(TwoKeyState.PROPOSED), of(TwoKeyState.DISSENT)
    return Joint(in_force[0] if in_force else None, waiting, refused, alone or {}, disputed or {})


def statement(found: Joint) -> Statement:
    """Whose key is awaited. No query."""
    waiting = [*found.waiting, *(sheet for sheet in found.sheets if sheet.state == TwoKeyState.PROPOSED)]
    roles = sorted({role.label for thing in waiting for role in thing.waits_for})
    note = f"Waits for the key of the {' and the '.join(roles)}." if roles else ""
    if not waiting:
        note = f"In force: {found.in_force.title}." if found.in_force else "No plan is in force."
    return Statement(
        "joint.waiting", "Decisions that wait for a key", len(waiting), units(len(waiting), "decision"),
        source="Plans and sheets proposed and not yet signed by both.", query="briefing.selectors.joint",
        href=address("decisions:decision_list"), note=note, tone="joint" if waiting else "",
    )  # fmt: skip


def keys_table(found: Joint) -> Table:
    """Decisions with the state of both keys. No query."""
    open_sheets = [sheet for sheet in found.sheets if sheet.state == TwoKeyState.PROPOSED]
    held = [sheet for sheet in found.sheets if sheet.state == TwoKeyState.IN_FORCE]
    rows: list[Decision | Sheet] = [*found.waiting, *open_sheets, *([found.in_force] if found.in_force else []), *held]
    rows += found.refused
    return parts.table(
        "keys", "Decisions and their keys", ("Decision", "State", "CIO", "CISO"),
        [
            (
                parts.text(decision.title, address(_page(decision), decision.key)),
                parts.badge("decision", decision.state),
                *(parts.badge("signature", slot["state"]) for slot in decision.slots),
            )
            for decision in rows[:SHOWN]
        ],
        "Nothing was proposed yet.", address("decisions:decision_list"), tone="joint",
    )  # fmt: skip


def _page(thing: Decision | Sheet) -> str:
    return "decisions:sheet_detail" if isinstance(thing, Sheet) else "decisions:decision_detail"


def agreement(found: Joint) -> Table:
    """Where the two would choose alike and where not. No query."""
    if not found.computed:
        rows = []
    else:
        rows = [
            ("Both would choose", found.both),
            ("Only the CIO would", found.only_cio),
            ("Only the CISO would", found.only_ciso),
            ("In the joint proposal", found.alone.get("joint", {})),
            ("One wants it in, the other out", found.disputed),
        ]
    return parts.table(
        "agreement", "Where you agree and where you differ", ("Initiatives", "Number"),
        [
            (parts.text(label, "", ", ".join(list(names.values())[:NAMED]) + (" …" if len(names) > NAMED else "")),
             parts.count(len(names)))
            for label, names in rows
        ],
        "No frontier was computed yet.", address("decisions:joint_table"), tone="joint",
    )  # fmt: skip
