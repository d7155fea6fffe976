"""`accord fingerprints preview | use`, `accord undo`."""

from __future__ import annotations

from typing import Any

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, fail, progress, refusals

fingerprints_app = typer.Typer(help="How scans find what is known already.", no_args_is_help=True)
app.add_typer(fingerprints_app, name="fingerprints")


@fingerprints_app.command()
def preview(
    version: int = typer.Argument(help="The version, such as 2."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Say how many findings another version would merge or split. Changes nothing."""
    django_setup()
    from accord.exposure.models import Finding
    from accord.exposure.services import refingerprint
    from accord.intake.fingerprint import VERSIONS

    with refusals(as_json), progress("Keys", as_json) as tell:
        found = refingerprint.preview(version, tell)
    lines = [
        f"Version {version}: {VERSIONS[version].title}. In force: version {refingerprint.in_force()}.",
        f"{found.findings:>12,} findings",
        f"{found.merged:>12,} would become part of another one ({found.groups:,} of several)",
        f"{found.may_split:>12,} may split at their next sighting",
        f"{found.uncertain:>12,} keys cannot be told for certain",
    ]
    shown = Finding.objects.select_related("definition", "target").in_bulk(
        [pk for some in found.samples for pk in some]
    )
    for some in found.samples[:10]:
        rows = [shown[pk] for pk in some if pk in shown]
        if rows:
            places = ", ".join(f"{row.key} ({row.place or 'the whole target'})" for row in rows)
            lines.append(f"  {rows[0].definition.identifier} on {rows[0].target.name}: {places}")
    answer(found.plain(), lines, as_json)


@fingerprints_app.command()
def use(
    version: int = typer.Argument(help="The version, such as 2."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Bring a version into force, and renew the keys of all findings; goes on where it was stopped."""
    django_setup()
    from accord.core import accounts, jobs
    from accord.exposure.services import refingerprint

    actor = accounts.operator()
    with refusals(as_json):
        refingerprint.bring_into_force(actor, version)
    job = jobs.run_now(actor, refingerprint.KIND, version=version)
    _told(job, as_json)
    result = job.result or {}
    lines = [f"Version {version} is in force: {result['findings']:,} findings, {result['merged']:,} went into others."]
    answer({"version": version, **result}, lines, as_json)


@app.command()
def undo(
    scan: int = typer.Argument(help="The number of the scan, as its page and the list of scans say."),
    reason: str = typer.Option("", "--reason", help="Why. Without it, only what would happen is told."),
    as_json: bool = JSON_OPTION,
) -> None:
    """Undo a whole import: tells what would happen; with a reason, does it."""
    django_setup()
    from accord.core import accounts, jobs
    from accord.exposure.models import Scan
    from accord.exposure.services import undo as undoing

    found = Scan.objects.filter(pk=scan).first()
    if found is None:
        fail(f"There is no scan {scan}. `accord export` or the list of scans tells their numbers.", as_json=as_json)
    if not reason:
        with refusals(as_json), progress("Journal", as_json) as tell:
            shown = undoing.preview(found, tell)
        answer(shown.plain(), [*_lines(shown.plain()), "Nothing is changed yet: say why with --reason."], as_json)
        return
    actor = accounts.operator()
    with refusals(as_json):
        undoing.mark(actor, found, reason)
    _told(jobs.run_now(actor, undoing.KIND, scan=found.pk), as_json)
    done = Scan.objects.get(pk=scan).undo or {}
    answer(done, _lines(done), as_json)


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [f"{told['removed']:>12,} findings go", f"{told['restored']:>12,} go back to what they were"]
    return lines + [f"{number:>12,} stay: {why}" for why, number in sorted(told["left"].items())]


def _told(job: Any, as_json: bool) -> None:
    """End with the reason where a job has not come to its end."""
    if job.state != job.State.DONE:
        fail(job.error.splitlines()[0] if job.error else str(job.message), as_json=as_json)
