"""VEX statements over findings: which one stands on which finding, and what follows for its state.

A statement is about a definition or any that shares an identifier with it. Where several stand on a finding the
strongest counts: a person's on chosen findings, then a person's, then one about the asset, then one about a version of
the product, then the newest. Not affected and false positive hold against scanners as long as they stand; "fixed" is a
claim that the next scan verifies or refutes; "affected" and "under investigation" leave a finding open. What a
statement held is open again when it ends. Nothing is closed by a statement.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.pace import Breath
from accord.estate.models import Asset
from accord.exposure.models import Definition, DefinitionAlias, Finding, Scan, VexStatement
from accord.exposure.services import bulk, fix_events, states
from accord.exposure.services.lifecycle.writing import ROWS, Change, change
from accord.intake.fingerprint import purl_without_version
from accord.outlet.vex.records import JUSTIFICATIONS

Status, Reach, End = VexStatement.Status, VexStatement.Reach, VexStatement.End
EFFECT = {
    Status.NOT_AFFECTED: states.NOT_AFFECTED,
    Status.FALSE_POSITIVE: states.FALSE_POSITIVE,
    Status.FIXED: states.CLAIMED,
}  # fmt: skip
AT_ONCE = 2000
"""So many findings of the definitions concerned are settled while somebody waits; more are a worker's."""
Tell = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def version_of(purl: str) -> str:
    """The version in a package URL, "" without one."""
    _, at, version = purl.split("#", 1)[0].split("?", 1)[0].rpartition("/")[2].rpartition("@")
    return version if at else ""


# What people say.


def declare(
    actor: User,
    definition: str,
    status: str,
    purl: str = "",
    asset: str = "",
    justification: str = "",
    impact: str = "",
    action: str = "",
) -> VexStatement:
    """Say something of a definition (identifier or alias) on a product (package URL), an asset (key), or both.

    It takes the place of what the same person said of the same before; its findings are settled at once or by a worker.
    """
    told = _checked(status, purl, asset, justification, impact, action)
    with ledger.write(actor) as log:
        found = Definition.objects.filter(aliases__value=definition.strip().upper()).order_by("pk").first()
        if found is None:
            raise Refused(
                Problem(None, "definition", f"“{definition}” is not known.", "Use one that a scan or a feed has named.")
            )
        owner = Asset.objects.filter(key=asset).first() if asset else None
        if asset and owner is None:
            raise Refused(Problem(None, "asset", f"There is no asset “{asset}”.", "Choose one that is there."))
        now = timezone.now()
        made = VexStatement(
            definition=found, reach=Reach.SUBJECT if owner else Reach.PRODUCT, asset=owner, author=actor.email,
            by=actor, said=now, **told,
        )  # fmt: skip
        old = _same(made).filter(by=actor)
        made.save()
        ended = _supersede(old.exclude(pk=made.pk), made, log)
        log.add("state", "vex_statement", made.key, None, snapshot(made))
    settle_statements(actor, [made, *ended])
    return made


def _checked(status: str, purl: str, asset: str, justification: str, impact: str, action: str) -> dict[str, Any]:
    if status not in Status.values:
        raise Refused(Problem(None, "status", f"“{status}” is none.", f"Use one of: {', '.join(Status.values)}."))
    if not (purl or asset):
        raise Refused(Problem(None, "purl", "It is about nothing.", "Name a package URL, an asset, or both."))
    if purl and not purl.startswith("pkg:"):
        raise Refused(Problem(None, "purl", f"“{purl}” is no package URL.", "Write it as pkg:deb/debian/curl@7.64.0."))
    if justification and justification not in JUSTIFICATIONS:
        raise Refused(
            Problem(None, "justification", f"“{justification}” is none of VEX.",
                    f"Use one of: {', '.join(JUSTIFICATIONS)}.")
        )  # fmt: skip
    if status in (Status.NOT_AFFECTED, Status.FALSE_POSITIVE) and not (justification or impact.strip()):
        raise Refused(Problem(None, "impact", "There is no reason.", "Choose a justification, or say it in words."))
    if status == Status.AFFECTED and not action.strip():
        raise Refused(Problem(None, "action", "It is blank.", "Say what is done about it."))
    return {
        "status": status, "purl": purl_without_version(purl)[:500], "version": version_of(purl)[:200],
        "justification": justification if status == Status.NOT_AFFECTED else "",
        "impact": impact.strip()[:1000], "action": action.strip()[:1000],
    }  # fmt: skip


def withdraw(actor: User, statement: VexStatement, reason: str) -> VexStatement:
    """End a statement; what it held is open again, or held by the next strongest."""
    if not reason.strip():
        raise Refused(Problem(None, "reason", "It is blank.", "Say why it does not hold any longer."))
    with ledger.write(actor) as log:
        one = VexStatement.objects.select_for_update().get(pk=statement.pk)
        if not one.stands:
            raise Refused("It has ended already.")
        end(one, End.WITHDRAWN, log, reason.strip()[:500])
    settle_statements(actor, [one])
    return one


def end(one: VexStatement, how: str, log: ledger.Log, reason: str = "", follower: VexStatement | None = None) -> None:
    """Note that a statement has ended. What it covers is settled by the caller."""
    one.ended, one.end, one.end_reason, one.follower = timezone.now(), how, reason, follower
    one.save(update_fields=["ended", "end", "end_reason", "follower"])
    after = {"end": str(how), "reason": reason, "follower": follower.key if follower else None}
    log.add("end", "vex_statement", one.key, {"status": str(one.status)}, after)


def _same(one: VexStatement) -> Any:
    """Standing statements about exactly the same."""
    about: dict[str, Any] = {"asset_id": one.asset_id, "target_id": one.target_id}
    return VexStatement.objects.filter(
        definition_id=one.definition_id, reach=one.reach, purl=one.purl, version=one.version, ended=None, **about
    )


def _supersede(old: Iterable[VexStatement], follower: VexStatement, log: ledger.Log) -> list[VexStatement]:
    ended = list(old)
    for one in ended:
        end(one, End.SUPERSEDED, log, follower=follower)
    return ended


def snapshot(one: VexStatement) -> dict[str, Any]:
    """What the ledger keeps of a statement."""
    return {
        "definition": one.definition.identifier, "status": str(one.status), "about": one.subject,
        "justification": one.justification, "impact": one.impact, "action": one.action, "author": one.author,
        "said": one.said,
    }  # fmt: skip


# Which one stands on which finding.


def kin(definitions: Iterable[int]) -> dict[int, set[int]]:
    """The definitions that share an identifier with each (itself included). Two queries per 2,000."""
    wanted = set(definitions)
    found: dict[int, set[int]] = {pk: {pk} for pk in wanted}
    for part in bulk.chunks(sorted(wanted), 2000):
        holders: dict[str, list[int]] = defaultdict(list)
        for value, pk in DefinitionAlias.objects.filter(definition_id__in=part).values_list("value", "definition_id"):
            holders[value].append(pk)
        for some in bulk.chunks(holders, 2000):
            rows = DefinitionAlias.objects.filter(value__in=some).values_list("value", "definition_id")
            for value, other in rows:
                for pk in holders[value]:
                    found[pk].add(other)
    return found


def strength(one: VexStatement) -> tuple[Any, ...]:
    """The order of statements on one finding; the greatest counts."""
    return (
        one.reach == Reach.FINDINGS, one.by_id is not None, one.reach == Reach.SUBJECT, bool(one.version), one.said,
        one.pk,
    )  # fmt: skip


def is_about(one: VexStatement, finding: Finding) -> bool:
    """Whether a standing statement about a product or a subject meets a finding of its definitions."""
    if one.reach == Reach.FINDINGS:
        return finding.statement_id == one.pk
    if one.asset_id is not None:
        if finding.asset_id != one.asset_id:
            return False
    elif (
        one.target_id is not None
        and finding.target_id != one.target_id
        and (one.target.asset_id is None or finding.asset_id != one.target.asset_id)
    ):
        return False
    if not one.purl:
        return True
    if purl_without_version(finding.purl) != one.purl:
        return False
    return not one.version or one.version in (finding.version, version_of(finding.purl))


def settle(actor: User | None, findings: Iterable[int], tell: Tell = silent) -> int:
    """Give each finding the statement that counts, and the state that follows; returns how many changed. Repeatable."""
    done, seen, breath = 0, 0, Breath()
    pks = list(findings)
    for part in bulk.chunks(pks, ROWS):
        with bulk.wide_statements(), ledger.write(actor) as log:
            rows = list(Finding.objects.filter(pk__in=part).select_related("statement").order_by("pk"))
            standing = _standing({row.definition_id for row in rows})
            changes = [one for row in rows if (one := _settled(row, standing.get(row.definition_id, ()))) is not None]
            done += change(changes, log)
        breath()
        seen += len(part)
        tell(seen, len(pks), "Applying statements")
    if done:
        fix_events.note_changed(actor)
    return done


def _standing(definitions: set[int]) -> dict[int, list[VexStatement]]:
    """Standing statements on products and subjects by definition. A constant number of queries."""
    related = kin(definitions)
    every = set().union(*related.values()) if related else set()
    held: dict[int, list[VexStatement]] = defaultdict(list)
    rows = VexStatement.objects.filter(definition_id__in=every, ended=None).exclude(reach=Reach.FINDINGS)
    for one in rows.select_related("target"):
        held[one.definition_id].append(one)
    return {pk: [one for other in others for one in held.get(other, ())] for pk, others in related.items()}


def _settled(row: Finding, standing: Iterable[VexStatement]) -> Change | None:
    """What a finding becomes, None where it stays as it is."""
    old: VexStatement | None = row.statement
    fits = [one for one in standing if is_about(one, row)]
    if old is not None and old.stands and old.reach == Reach.FINDINGS:
        fits.append(old)
    new = max(fits, key=strength, default=None)
    if new is old or (new is not None and old is not None and new.pk == old.pk):
        return None
    to = _state_under(new, old, str(row.state))
    row.statement = new
    told = {"statement": new.key if new else None, "status": str(new.status) if new else None}
    if old is not None:
        told["was"] = old.key
    return Change(row, to, "state" if new else "put_back", told)


def _state_under(new: VexStatement | None, old: VexStatement | None, state: str) -> str:
    effect = EFFECT.get(Status(new.status)) if new else None
    if effect in states.STATED:
        return str(effect) if state in states.STILL_THERE | states.STATED | {states.SUPPRESSED} else state
    if effect == states.CLAIMED:
        return states.CLAIMED if state in {states.OPEN, states.IN_PROGRESS} | states.STATED else state
    if old is not None and state == EFFECT.get(Status(old.status)):
        return states.OPEN
    if new is not None and state in states.STATED | {states.SUPPRESSED}:
        return states.OPEN
    return state


def concerned(statements: Iterable[VexStatement]) -> list[int]:
    """The findings that statements hold or could hold."""
    some = list(statements)
    related = kin({one.definition_id for one in some})
    definitions = set().union(*related.values()) if related else set()
    held: dict[int, None] = {}
    for part in bulk.chunks(sorted(definitions), 2000):
        held.update(dict.fromkeys(Finding.objects.filter(definition_id__in=part).values_list("pk", flat=True)))
    for ids in bulk.chunks([one.pk for one in some], 2000):
        held.update(dict.fromkeys(Finding.objects.filter(statement_id__in=ids).values_list("pk", flat=True)))
    return sorted(held)


def settle_statements(actor: User, statements: Iterable[VexStatement]) -> None:
    """Settle the findings of these statements now, or by a worker where there are many."""
    from accord.core import jobs

    some = list(statements)
    found = concerned(some)
    if len(found) <= AT_ONCE:
        settle(actor, found)
    else:
        jobs.enqueue(actor, "exposure.statements", "Apply VEX statements", statements=[one.pk for one in some])


def after_import(actor: User, scan: Scan, tell: Tell = silent) -> int:
    """Take in what the file of a landed scan states, and settle what it saw; returns how many findings changed."""
    from accord.exposure.services.statements_in import take_in

    changed = settle(actor, concerned(take_in(actor, scan)), tell)
    standing = VexStatement.objects.filter(ended=None).exclude(reach=Reach.FINDINGS)
    related: Mapping[int, set[int]] = kin(standing.order_by().values_list("definition_id", flat=True).distinct())
    definitions = set().union(*related.values()) if related else set()
    later: list[int] = []
    for part in bulk.chunks(sorted(definitions), 2000):
        rows = Finding.objects.filter(Q(last_scan=scan) | Q(first_scan=scan), definition_id__in=part)
        later += rows.values_list("pk", flat=True)
    return changed + settle(actor, later, tell)
