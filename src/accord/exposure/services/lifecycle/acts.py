"""People's acts on findings: which fit, who may, and how they are done to one or to many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.utils import timezone

from accord.core import jobs, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import Job, User
from accord.core.pace import Breath
from accord.core.permissions import Reach, reach
from accord.exposure.models import Finding, VexStatement
from accord.exposure.services import bulk, fix_events, states
from accord.exposure.services.lifecycle.writing import ROWS, Change, change
from accord.outlet.vex.records import JUSTIFICATIONS

AT_ONCE = 500
"""So many findings are changed while somebody waits; more are a worker's."""
CHOSEN = 2000
LONGEST = 500
NAMES: dict[str, tuple[str, str]] = {
    "start": ("Start work", "work"),
    "stop": ("Stop work", "work"),
    "claim": ("Claim fixed", "work"),
    "take_back": ("Take the claim back", "work"),
    "false_positive": ("False positive", "judge"),
    "not_affected": ("Not affected", "judge"),
    "reopen": ("Reopen", "judge"),
}
"""Acts that a person does to findings: in words, and the verb of the permission."""
SAYS = {"claim": "how it was fixed", "false_positive": "why it is none", "reopen": "why it is open again"}
"""What has to be said with an act."""
STATED = {
    "false_positive": VexStatement.Status.FALSE_POSITIVE,
    "not_affected": VexStatement.Status.NOT_AFFECTED,
}  # fmt: skip
Tell = Callable[[int, int | None, str], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do: an act (a key of NAMES), what they say, and VEX's justification if they give one."""

    name: str
    note: str = ""
    justification: str = ""

    def checked(self) -> Wish:
        """The same, or Refused with what is missing."""
        if self.name not in NAMES:
            raise Refused(Problem(None, "action", f"“{self.name}” is no act.", f"Use one of: {', '.join(NAMES)}."))
        note = " ".join(self.note.split())
        if len(note) > LONGEST:
            raise Refused(Problem(None, "note", f"It has {len(note)} characters.", f"Write at most {LONGEST}."))
        if self.name in SAYS and not note:
            raise Refused(Problem(None, "note", "It is blank.", f"Say {SAYS[self.name]}."))
        if self.justification and self.justification not in JUSTIFICATIONS:
            raise Refused(
                Problem(None, "justification", f"“{self.justification}” is none of VEX.",
                        f"Use one of: {', '.join(JUSTIFICATIONS)}.")
            )  # fmt: skip
        if self.name == "not_affected" and not (self.justification or note):
            raise Refused(
                Problem(None, "justification", "There is none.", "Choose why it is not affected, or say it in words.")
            )
        return Wish(self.name, note, self.justification if self.name == "not_affected" else "")


@dataclass(slots=True)
class Outcome:
    """How many findings changed, and how many did not by the state that they are in ("other" = not yours)."""

    changed: int = 0
    passed: Counter[str] = field(default_factory=Counter)

    def text(self) -> str:
        """In words, for the person who asked."""
        done = f"{self.changed:,} finding{'' if self.changed == 1 else 's'} changed."
        labels = {**dict(Finding.State.choices), "other": "on systems that are not yours"}
        left = ", ".join(f"{n:,} {labels[state].lower()}" for state, n in sorted(self.passed.items()))
        return f"{done} Not changed: {left}." if left else done


def fitting(state: str) -> list[str]:
    """The acts of NAMES that fit a state."""
    return [name for name in NAMES if states.act(name, state) is not None]


def mine(actor: Any, verb: str, findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """Of these findings those that an account may do `verb` to; PermissionDenied where it may to none at all.

    An IT manager works on the systems that they own in IT.
    """
    found = reach(actor, verb, "finding")
    if found is Reach.ALL:
        return findings
    if found is Reach.OWN:
        from accord.exposure.selectors.narrow import on_assets

        person = getattr(actor, "person_key", "")
        return on_assets(findings, Q(it_owner__key=person)) if person else findings.none()
    raise PermissionDenied(f"Your roles do not include “{verb} finding”.")


def offered(actor: Any, finding: Finding) -> list[str]:
    """The acts that fit a finding and that an account may do. At most one query for each verb."""
    verbs = {NAMES[name][1] for name in fitting(str(finding.state))}
    may = {
        verb for verb in verbs
        if reach(actor, verb, "finding") is not None
        and mine(actor, verb, Finding.objects.filter(pk=finding.pk)).exists()
    }  # fmt: skip
    return [name for name in fitting(str(finding.state)) if NAMES[name][1] in may]


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def act(actor: User, findings: QuerySet[Finding], wish: Wish, tell: Tell = silent) -> Outcome:
    """Do what somebody wishes to each finding that it fits, in short transactions; safe to repeat.

    A judgement (false positive, not affected) is kept as a VEX statement of that person for each definition.
    """
    wish = wish.checked()
    pks = list(findings.order_by("pk").values_list("pk", flat=True))
    allowed = mine(actor, NAMES[wish.name][1], Finding.objects.all())
    outcome, breath = Outcome(), Breath()
    statements: dict[int, VexStatement] = {}
    for part in bulk.chunks(pks, ROWS):
        with bulk.wide_statements(), ledger.write(actor) as log:
            rows = list(allowed.filter(pk__in=part).order_by("pk"))
            outcome.passed["other"] += len(part) - len(rows)
            changes = [one for row in rows if (one := _change(actor, row, wish, outcome)) is not None]
            replaced = _state(actor, changes, wish, statements, log)
            outcome.changed += change(changes, log)
            _end(replaced, log)
        breath()
        tell(outcome.changed + outcome.passed.total(), len(pks), NAMES[wish.name][0])
    outcome.passed += Counter()  # without the zeros
    if outcome.changed:
        fix_events.note_changed(actor)
    return outcome


def _change(actor: User, row: Finding, wish: Wish, outcome: Outcome) -> Change | None:
    to = states.act(wish.name, str(row.state))
    if to is None:
        outcome.passed[str(row.state)] += 1
        return None
    row.acted, row.acted_by, row.said = timezone.now(), actor, wish.note
    told: dict[str, Any] = {"said": wish.note} if wish.note else {}
    if wish.justification:
        told["justification"] = wish.justification
    return Change(row, to, wish.name, told)


def _state(
    actor: User, changes: Sequence[Change], wish: Wish, known: dict[int, VexStatement], log: ledger.Log
) -> dict[int, VexStatement]:
    """One statement of this person for each definition, over the findings that they chose.

    Who reopens what a statement holds says "affected": that stands against the document that said otherwise. Returns
    the statement that follows by the primary key of the one that it takes findings from.
    """
    replaced: dict[int, VexStatement] = {}
    for one in changes:
        row = one.finding
        status = STATED.get(wish.name)
        if wish.name == "reopen" and row.state in states.STATED:
            status = VexStatement.Status.AFFECTED
        if status is None:
            continue
        made = known.get(row.definition_id)
        if made is None:
            made = known[row.definition_id] = VexStatement.objects.create(
                definition_id=row.definition_id, status=status, reach=VexStatement.Reach.FINDINGS,
                justification=wish.justification, impact=wish.note, author=actor.email, by=actor, said=timezone.now(),
            )  # fmt: skip
            log.add("state", "vex_statement", made.key, None, {"status": str(status), "said": wish.note})
        if row.statement_id is not None:
            replaced[row.statement_id] = made
        row.statement = made
        one.told["statement"] = made.key
    return replaced


def _end(replaced: Mapping[int, VexStatement], log: ledger.Log) -> None:
    """End statements on chosen findings of which none is left."""
    held = VexStatement.objects.filter(pk__in=replaced, reach=VexStatement.Reach.FINDINGS, ended=None, covers=None)
    for old in held:
        old.ended, old.end, old.follower = timezone.now(), VexStatement.End.SUPERSEDED, replaced[old.pk]
        old.save(update_fields=["ended", "end", "follower"])
        log.add("end", "vex_statement", old.key, None, {"end": str(old.end), "follower": replaced[old.pk].key})


def submit(
    actor: User, wish: Wish, chosen: Sequence[int] = (), query: Mapping[str, Sequence[str]] | None = None
) -> Job:
    """Have a worker do it: to the chosen findings, or to all that fit the filters of the list (`query`)."""
    wish = wish.checked()
    mine(actor, NAMES[wish.name][1], Finding.objects.none())
    if len(chosen) > CHOSEN:
        raise Refused(Problem(None, "findings", f"{len(chosen)} are chosen.", f"Choose at most {CHOSEN}, or a filter."))
    if not chosen and query is None:
        raise Refused(Problem(None, "findings", "None is chosen.", "Choose at least one."))
    return jobs.enqueue(
        actor, "exposure.act", f"{NAMES[wish.name][0]}: findings", action=wish.name, note=wish.note,
        justification=wish.justification, chosen=list(chosen),
        query=None if query is None else {key: list(values) for key, values in query.items()},
    )  # fmt: skip
