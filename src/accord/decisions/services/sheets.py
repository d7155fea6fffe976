"""A sheet: drafted, computed, proposed with one option chosen, signed by both or dissented from.

The figures of a kind that takes long are computed by a job; until then the draft has none and cannot be proposed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Max
from django.utils import timezone

from accord.core import jobs, ledger, twokey
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.core.roles import EXECUTIVES, Role
from accord.core.twokey import TwoKeyState
from accord.decisions import sheets
from accord.decisions.access import owns
from accord.decisions.models import Sheet
from accord.decisions.selectors.sheets import SHEET_JOB, job_of
from accord.decisions.services import patches
from accord.decisions.sheets.reading import Tell, silent

LONGEST_NOTE = 5000


def draft_sheet(
    actor: User, kind: str, title: str, values: Mapping[str, Any], *, note: str = "", at_once: bool = False
) -> Sheet:
    """Check what was filled in, compute the options and keep both as a draft. `Refused` names every problem.

    A kind that takes long is put into the queue, unless `at_once`: then it is computed here, before it is kept.
    """
    if kind not in sheets.KINDS:
        raise Refused(
            Problem(None, "kind", f"“{kind}” is no kind of sheet.", f"Choose one of {', '.join(sheets.KINDS)}.")
        )
    name, why = _texts(title, note)
    inputs = sheets.read(kind, values)
    figures = sheets.compute(kind, inputs) if at_once or kind not in sheets.LONG else {}
    with ledger.write(actor) as log:
        last = Sheet.objects.aggregate(last=Max("pk"))["last"] or 0
        sheet = Sheet.objects.create(
            key=f"SHEET-{last + 1:04}", kind=kind, title=name, note=why, inputs=inputs, figures=figures, by=actor,
            until=sheets.until(inputs), **_about(kind, inputs),
        )  # fmt: skip
        log.add("add", "sheet", sheet.key, None, _snapshot(sheet))
        if not figures:
            jobs.enqueue(actor, SHEET_JOB, sheet=sheet.key)
    return sheet


def change_sheet(
    actor: User, sheet: Sheet, title: str, values: Mapping[str, Any], *, note: str = "", at_once: bool = False
) -> Sheet:
    """Fill a draft in anew: its old figures are gone and its options are computed again, as when it was drafted."""
    name, why = _texts(title, note)
    inputs = sheets.read(sheet.kind, values)
    figures = sheets.compute(sheet.kind, inputs) if at_once or sheet.kind not in sheets.LONG else {}
    with ledger.write(actor) as log:
        sheet = _locked(sheet)
        if sheet.state != TwoKeyState.DRAFT:
            raise Refused("It was proposed already; make a new one to change it.")
        before = _snapshot(sheet)
        sheet.title, sheet.note, sheet.inputs, sheet.figures = name, why, inputs, figures
        sheet.until = sheets.until(inputs)
        for field, value in _about(sheet.kind, inputs).items():
            setattr(sheet, field, value)
        sheet.save()
        log.add("change", "sheet", sheet.key, before, _snapshot(sheet))
        _stop_job(actor, sheet)
        if not figures:
            jobs.enqueue(actor, SHEET_JOB, sheet=sheet.key)
    return sheet


def recompute_sheet(actor: User, sheet: Sheet) -> Sheet:
    """Put a draft without figures into the queue again, after its computation failed or was stopped."""
    with ledger.write(actor):
        sheet = _locked(sheet)
        if sheet.state != TwoKeyState.DRAFT or sheet.figures:
            raise Refused("Its options are computed already.")
        job = job_of(sheet)
        if job is not None and not job.is_over:
            raise Refused("Its options are being computed already.")
        jobs.enqueue(actor, SHEET_JOB, sheet=sheet.key)
    return sheet


def compute_sheet(
    actor: User, key: str, *, tell: Tell = silent, wanted: Callable[[Sheet], bool] = lambda sheet: True
) -> Sheet | None:
    """Compute the options of a draft outside of any transaction, and keep them.

    None, and nothing is kept, where they are there already, or where it was filled in anew, proposed or withdrawn
    meanwhile, or is not `wanted` any more (asked when its row is locked).
    """
    begun = Sheet.objects.filter(key=key).first()
    if begun is None:
        raise Refused(f"There is no sheet “{key[:100]}”.")
    if begun.state != TwoKeyState.DRAFT or begun.figures:
        return None
    figures = sheets.compute(begun.kind, begun.inputs, tell)
    with ledger.write(actor) as log:
        sheet = _locked(begun)
        changed = sheet.state != TwoKeyState.DRAFT or sheet.figures or sheet.inputs != begun.inputs
        if changed or not wanted(sheet):
            return None
        sheet.figures = figures
        sheet.save(update_fields=["figures"])
        basis = {name: figures["basis"].get(name) for name in ("scenarios", "inputs_hash", "ledger_number")}
        log.add("run", "sheet", sheet.key, None, {"options": len(figures["options"]), **basis})
    return sheet


def _stop_job(actor: User, sheet: Sheet) -> None:
    """Stop what computes for inputs that are no more."""
    job = job_of(sheet)
    if job is not None and not job.is_over:
        jobs.cancel(actor, job)


def propose_sheet(actor: User, sheet: Sheet, chosen: str) -> Sheet:
    """Freeze the options with the one that is proposed, and open the two slots."""
    with ledger.write(actor) as log:
        sheet = _locked(sheet)
        if sheet.state == TwoKeyState.DRAFT and not sheet.figures:
            remedy = "Wait until they are; if the computation failed, its page says why."
            raise Refused(Problem(None, "chosen", "Its options are not computed yet.", remedy))
        options = {one["key"]: one["name"] for one in sheet.figures["options"]}
        if chosen not in options:
            raise Refused(Problem(None, "chosen", "It is none of the options.", "Choose one of them."))
        until = sheets.until_of(sheet.kind, sheet.inputs, sheet.figures, chosen)
        if until is not None and until < timezone.localdate():
            raise Refused(Problem(None, "until", f"Its last day, {until}, is over.", "Change it first."))
        before = _snapshot(sheet)
        sheet.chosen, sheet.until = chosen, until
        content = {
            **sheet.figures, "title": sheet.title, "chosen": chosen, "chosen_name": options[chosen],
            "until": sheet.until.isoformat() if sheet.until else None,
        }  # fmt: skip
        twokey.propose(sheet, actor, content)
        sheet.save()
        log.add("propose", "sheet", sheet.key, before, _snapshot(sheet))
    return sheet


def sign_sheet(actor: User, sheet: Sheet, role: Role, method: str) -> Sheet:
    """Turn one key (`method`: how the account proved itself). The second one puts it in force."""
    with ledger.write(actor) as log:
        sheet = _locked(sheet)
        if sheet.kind == Sheet.Kind.PATCH_OR_WAIT and sheet.until is not None and sheet.until < timezone.localdate():
            raise Refused("Its last day is over: withdraw it and make a new one.")
        before = _snapshot(sheet)
        _for_the_cio(sheet, actor, role)
        if twokey.sign(sheet, actor, role, method):
            _seal(sheet)
        sheet.save()
        log.add("sign", "sheet", sheet.key, before, _snapshot(sheet))
        if sheet.state == TwoKeyState.IN_FORCE and sheet.kind == Sheet.Kind.PATCH_OR_WAIT:
            patches.came_into_force(actor, sheet, log)
    return sheet


def _for_the_cio(sheet: Sheet, actor: User, role: Role) -> None:
    """Note on whose behalf the CIO's key is turned; only who still owns the system in IT may."""
    if role is not Role.CIO or actor.has_role(Role.CIO) or not sheet.signs_for_cio(actor):
        return
    if not owns(actor, sheet.system):
        raise Refused("The system has another owner in IT by now: withdraw the sheet and propose a new one.")
    sheet.cio_for = actor.person_key


def dissent_sheet(actor: User, sheet: Sheet, role: Role, reason: str) -> Sheet:
    """Record a dissent with its reason: the sheet is not in force."""
    with ledger.write(actor) as log:
        sheet = _locked(sheet)
        before = _snapshot(sheet)
        _for_the_cio(sheet, actor, role)
        twokey.dissent(sheet, actor, role, reason)
        _seal(sheet)
        sheet.save()
        log.add("dissent", "sheet", sheet.key, before, _snapshot(sheet))
    return sheet


def withdraw_sheet(actor: User, sheet: Sheet) -> Sheet:
    """Take a draft or a proposal back before it is in force."""
    with ledger.write(actor) as log:
        sheet = _locked(sheet)
        if sheet.state not in (TwoKeyState.DRAFT, TwoKeyState.PROPOSED):
            raise Refused("Only what is not in force yet can be withdrawn.")
        before = _snapshot(sheet)
        sheet.state = TwoKeyState.WITHDRAWN
        sheet.save()
        log.add("withdraw", "sheet", sheet.key, before, _snapshot(sheet))
        _stop_job(actor, sheet)
    return sheet


def _about(kind: str, inputs: Mapping[str, Any]) -> dict[str, str]:
    """The system and the fix that a sheet is about, where it is about a patch."""
    patch = kind == Sheet.Kind.PATCH_OR_WAIT
    return {"system": inputs["system"] if patch else "", "fix": inputs["fix"] if patch else ""}


def _texts(title: str, note: str) -> tuple[str, str]:
    name, why = " ".join(title.split()), note.strip()
    if not name or len(name) > 300:
        raise Refused(Problem(None, "title", "It is blank or longer than 300 characters.", "Give a short title."))
    if len(why) > LONGEST_NOTE:
        raise Refused(Problem(None, "note", f"{len(why)} characters.", f"Give at most {LONGEST_NOTE}."))
    return name, why


def _locked(sheet: Sheet) -> Sheet:
    return Sheet.objects.select_for_update(of=("self",)).get(pk=sheet.pk)


def _snapshot(sheet: Sheet) -> dict[str, Any]:
    """What the ledger keeps: the inputs as filled in, the choice, and the keys."""
    return {
        "kind": sheet.kind, "title": sheet.title, "inputs": sheet.inputs, "chosen": sheet.chosen or None,
        "until": sheet.until, "record_hash": sheet.record_hash or None, "cio_for": sheet.cio_for or None,
        **twokey.snapshot(sheet),
    }  # fmt: skip


def _seal(sheet: Sheet) -> None:
    """Write down, once, how it ended."""
    keys = []
    for role in EXECUTIVES:
        signer, at = getattr(sheet, f"{role.value}_signer"), getattr(sheet, f"{role.value}_signed_at")
        if signer is not None:
            keys.append({
                "role": role.value, "signer": signer.email, "name": signer.name, "at": at.isoformat(),
                "method": getattr(sheet, f"{role.value}_method"), "hash": getattr(sheet, f"{role.value}_hash"),
                **({"owner_in_it": sheet.cio_for} if role is Role.CIO and sheet.cio_for else {}),
            })  # fmt: skip
    dissent = None
    if sheet.dissent_by is not None and sheet.dissent_at is not None:
        dissent = {"role": sheet.dissent_role, "by": sheet.dissent_by.email, "at": sheet.dissent_at.isoformat(),
                   "reason": sheet.dissent_reason}  # fmt: skip
    record = {"sheet": sheet.key, "title": sheet.title, "state": str(sheet.state), "chosen": sheet.chosen,
              "content_hash": sheet.content_hash, "keys": keys, "dissent": dissent}  # fmt: skip
    sheet.record = ledger.canonical(record)
    sheet.record_hash = hashlib.sha256(sheet.record.encode()).hexdigest()
