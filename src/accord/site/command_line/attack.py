"""`accord attack`: the catalogue of ATT&CK behind the threat profile."""

from __future__ import annotations

from pathlib import Path

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, progress, refusals

attack_app = typer.Typer(help="MITRE ATT&CK: techniques, tactics and groups, from a STIX bundle.", no_args_is_help=True)
app.add_typer(attack_app, name="attack")


@attack_app.command()
def update(
    source: Path | None = typer.Option(
        None, "--from", help="The bundle (enterprise-attack.json, also .gz) to read instead of downloading it.",
        exists=True, dir_okay=False,
    ),
    as_json: bool = JSON_OPTION,
) -> None:  # fmt: skip
    """Bring ATT&CK up to date: downloaded, or from a file where the network does not allow it."""
    import tempfile

    django_setup()
    from accord.core import accounts
    from accord.monitoring.services import attack

    with refusals(as_json), progress("ATT&CK", as_json) as tell, tempfile.TemporaryDirectory() as folder:
        release = attack.update(accounts.operator(), source, Path(folder), tell)
    found = {
        "name": release.name, "version": release.version, "sha256": release.digest, **release.counts,
        "modified": release.modified.isoformat() if release.modified else None,
    }  # fmt: skip
    line = (
        f"{release.name} {release.version or 'of unknown version'}: {release.counts['techniques']:,} techniques, "
        f"{release.counts['groups']:,} groups, {release.counts['uses']:,} uses."
    )
    answer(found, [line], as_json)
