"""What the components read: history entries, signature slots, statement cards, comparison tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accord.core import ledger, nouns
from accord.core.accounts import OPERATOR
from accord.core.models import LedgerEntry
from accord.core.statements import Statement, figure
from accord.ui import format as write
from accord.ui import telling

VERBS = {
    "add": ("added it", "good"), "change": ("changed it", "info"), "remove": ("removed it", "danger"),
    "sign": ("signed it", "good"), "dissent": ("dissented", "warning"), "propose": ("proposed it", "info"),
    "import": ("imported it", "info"), "run": ("ran it", "info"), "comment": ("commented", "neutral"),
    "issue": ("issued it", "good"), "withdraw": ("withdrew it", "warning"), "supersede": ("replaced it", "neutral"),
    "land": ("brought it in", "good"), "read": ("read it", "info"), "refuse": ("refused it", "danger"),
    "see": ("saw findings again", "neutral"), "recount": ("counted again", "neutral"),
    "close": ("closed it", "good"), "reopen": ("opened it again", "warning"), "assess": ("judged it again", "info"),
    "merge": ("merged it", "neutral"), "claim": ("claimed it", "good"), "ignore": ("ignored it", "neutral"),
    "restore": ("restored it", "info"), "move": ("moved it", "info"), "closed": ("closed findings", "good"),
    "open": ("opened it", "info"), "hand_in": ("handed in a position", "info"), "reveal": ("both are shown", "good"),
    "start": ("began work on it", "info"), "stop": ("stopped work on it", "neutral"), "accept": ("accepted it", "info"),
    "take_back": ("took the claim back", "warning"), "false_positive": ("called it a false positive", "neutral"),
    "not_affected": ("said that it is not affected", "neutral"), "end_acceptance": ("ended its acceptance", "warning"),
    "undo": ("ordered it undone", "warning"), "undone": ("undid it", "warning"), "state": ("stated it", "info"),
    "end": ("ended it", "warning"), "put_back": ("put it back", "info"), "use": ("brought it into force", "info"),
    "begin": ("began it", "neutral"), "load": ("loaded it", "good"), "cancel": ("stopped it", "warning"),
    "apply": ("applied it", "info"), "link": ("linked it", "info"), "unlink": ("took the link back", "warning"),
    "report": ("kept its report", "info"), "price": ("priced it", "info"), "map": ("mapped it", "info"),
    "renew": ("renewed it", "info"), "renew_token": ("gave it a new token", "warning"), "take": ("took it", "info"),
    "rotate": ("changed its secret", "warning"), "test": ("tried it out", "neutral"), "send": ("sent it", "info"),
    "assign": ("assigned it", "info"), "release": ("gave it back", "neutral"), "spend": ("noted minutes", "neutral"),
    "escalate": ("escalated it", "danger"), "silence": ("silenced it", "warning"), "replay": ("replayed it", "info"),
    "expire": ("ended it by its date", "neutral"), "notice": ("noticed it", "warning"), "answer": ("answered", "info"),
    "undo_part": ("undid a part of it", "warning"), "stand_again": ("let it stand again", "info"),
}  # fmt: skip
ACTORS = {OPERATOR: "Command line", ledger.SYSTEM: "Accord"}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of a timeline; `kind` "change" shows before → after, others only what is there after."""

    actor: str
    verb: str
    at: dt.datetime
    changes: Sequence[tuple[str, str, str]] = ()
    subject: str = ""
    number: int | None = None
    kind: str = "change"
    tone: str = "neutral"

    @property
    def at_iso(self) -> str:
        """For the attribute of <time>."""
        return self.at.isoformat()


def history(noun: str, key: object, limit: int = 20) -> list[HistoryEntry]:
    """The last entries of the ledger about one object, newest first. One query."""
    return [history_entry(entry) for entry in ledger.history(noun, key, limit)]


def history_entry(entry: LedgerEntry, *, subject: bool = False) -> HistoryEntry:
    """A ledger entry as a timeline shows it."""
    verb, tone = VERBS.get(entry.verb, (entry.verb.replace("_", " "), "neutral"))
    found = nouns.find(entry.noun)
    changes = []
    if entry.before or entry.after:
        for name, before, after in ledger.changes(entry):
            title = found.column(name).title if found is not None and found.has(name) else telling.label(name)
            changes.append((title, telling.told(entry.noun, name, before), telling.told(entry.noun, name, after)))
    return HistoryEntry(
        actor=actor_name(entry.actor), verb=verb.replace(" it", "", 1) if subject else verb,
        at=dt.datetime.fromisoformat(entry.at), changes=changes[:40],
        subject=f"{entry.noun.replace('_', ' ')} {entry.key}" if subject else "", number=entry.number,
        kind="change" if entry.before and entry.after else "state", tone=tone,
    )  # fmt: skip


def actor_name(actor: str) -> str:
    """Who wrote an entry, as a reader knows it: an address, the command line, or Accord itself."""
    return ACTORS.get(actor, actor)


@dataclass(frozen=True, slots=True)
class KeySlot:
    """One key of a two-key object: role, state (waiting, signed, dissent) and what can be done with it."""

    role: str
    title: str
    state: str
    name: str = ""
    at: dt.datetime | None = None
    method: str = ""
    reason: str = ""
    sign_href: str = ""
    dissent_href: str = ""


def key_slots(slots: Iterable[Mapping[str, Any]], sign: Mapping[str, tuple[str, str]] | None = None) -> list[KeySlot]:
    """The slots of `core.twokey.TwoKey.slots` for `{% two_keys %}`.

    `sign` gives, for each role whose key the reader may turn now, the addresses for signing and for dissent.
    """
    found = []
    for slot in slots:
        sign_href, dissent_href = (sign or {}).get(slot["role"], ("", ""))
        waiting = slot["state"] == "waiting"
        found.append(
            KeySlot(
                slot["role"],
                slot["label"],
                slot["state"],
                str(slot["signer"] or ""),
                slot["at"],
                slot.get("method", ""),
                slot["dissent"],
                sign_href if waiting else "",
                dissent_href if waiting else "",
            )
        )
    return found


def statement_parts(fact: Statement) -> dict[str, Any]:
    """What the card of a statement shows; a unit that is a word stands smaller beside its figure."""
    word = fact.unit if fact.unit and fact.unit != "%" and fact.unit != settings.ACCORD_CURRENCY else ""
    return {
        "label": fact.label,
        "figure": fact.figure if fact.value is None or not word else figure(fact.value),
        "unit_text": word if fact.value is not None else "",
        "is_unknown": fact.value is None,
        "interval": fact.spread,
        "confidence": write.percent(fact.confidence) if fact.confidence is not None else "",
        "detail": fact.note,
        "source": fact.source,
        "href": fact.href,
        "as_of": write.datetime(fact.as_of) if fact.as_of else "",
        "tone": fact.tone,
    }


@dataclass(frozen=True, slots=True)
class Compared:
    """One cell of a comparison; `best` marks it among its row."""

    text: str | None
    best: bool = False


@dataclass(frozen=True, slots=True)
class CompareHead:
    """One column head of a comparison."""

    label: str
    detail: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One row of a comparison, or a section's title where `section`."""

    label: str
    cells: Sequence[Compared] = ()
    section: bool = False

    @property
    def differs(self) -> bool:
        """True where the cells do not all say the same."""
        return len({cell.text for cell in self.cells}) > 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """A side-by-side table: `{% include "ui/parts/compare.html" with compare=... %}`."""

    title: str
    heads: Sequence[CompareHead]
    rows: Sequence[CompareRow] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Number of columns of the table."""
        return len(self.heads) + 1
