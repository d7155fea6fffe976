"""Long work on the life of findings, run by a worker."""

from __future__ import annotations

from typing import Any

from accord.core.jobs import Context, kind
from accord.exposure.models import Finding, Scan, VexStatement


@kind("exposure.act", "Change findings")
def act_on_findings(
    context: Context,
    action: str,
    note: str = "",
    justification: str = "",
    chosen: list[int] | None = None,
    query: dict[str, list[str]] | None = None,
) -> dict[str, Any]:
    """Do one act to the chosen findings, or to all that the person sees under the filters of the list."""
    from accord.exposure.lists.findings import under
    from accord.exposure.services.lifecycle import Wish, act

    found = Finding.objects.filter(pk__in=chosen or []) if query is None else under(context.actor, query)
    outcome = act(context.actor, found, Wish(action, note, justification), context.progress)
    return {"changed": outcome.changed, "passed": dict(outcome.passed), "text": outcome.text()}


@kind("exposure.statements", "Apply VEX statements")
def apply_statements(context: Context, statements: list[int]) -> dict[str, int]:
    """Settle the findings of these statements."""
    from accord.exposure.services.statements import concerned, settle

    rows = VexStatement.objects.filter(pk__in=statements)
    return {"changed": settle(context.actor, concerned(rows), context.progress)}


@kind("exposure.undo_preview", "Show what undoing an import would do")
def preview_undo(context: Context, scan: int) -> dict[str, Any]:
    """Sort what the import touched."""
    from accord.exposure.services.undo import preview

    return preview(Scan.objects.get(pk=scan), context.progress).plain()


@kind("exposure.undo", "Undo an import")
def undo_import(context: Context, scan: int) -> dict[str, Any]:
    """Undo all parts of the file of a scan, or go on with it."""
    from accord.exposure.services.undo import run

    done = run(context.actor, Scan.objects.get(pk=scan), context.progress)
    return {"scans": [one.pk for one in done]}


@kind("exposure.fingerprints_preview", "Show what another version of fingerprints would do")
def preview_fingerprints(context: Context, version: int) -> dict[str, Any]:
    """Compute every key anew."""
    from accord.exposure.services.refingerprint import preview

    return preview(version, context.progress).plain()


@kind("exposure.fingerprints", "Renew the keys of findings")
def renew_fingerprints(context: Context, version: int) -> dict[str, int]:
    """Give every finding its key by the version in force, or go on with it."""
    from accord.exposure.services.refingerprint import run

    return run(context.actor, version, context.progress)
