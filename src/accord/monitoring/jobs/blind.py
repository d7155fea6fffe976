"""The round that compares sources with their past and finds what is not watched, and the import of ATT&CK."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from accord.core import rounds
from accord.core.jobs import Context, kind


@rounds.every("monitoring.watch_sources", timedelta(minutes=3))
def watch_sources() -> None:
    """Silences begin and end; what hangs on them is found anew."""
    from accord.monitoring.models import Source
    from accord.monitoring.services import baselines, blind

    if Source.objects.exists():
        baselines.refresh()
        blind.refresh()


@rounds.every("monitoring.logs_seen", timedelta(hours=1))
def tell_logs_seen() -> None:
    """The coverage of safeguards hears of which assets logs arrive."""
    from accord.monitoring.services.blind import evidence as blind_evidence

    blind_evidence.tell()


@kind("monitoring.attack", "Import ATT&CK")
def import_attack(context: Context, file: int | None = None) -> dict[str, Any]:
    """Take in a bundle that was handed in (`file`: primary key of the stored file), or download MITRE's."""
    import tempfile
    from pathlib import Path

    from accord.core import files
    from accord.core.models import StoredFile
    from accord.monitoring.services import attack

    if file is None:
        with tempfile.TemporaryDirectory() as folder:
            release = attack.update(context.actor, None, Path(folder), context.progress)
    else:
        stored = StoredFile.objects.get(pk=file)
        with files.open_file(stored) as stream:
            release = attack.take(context.actor, stream, stored.name, context.progress)
    return {"version": release.version, **release.counts}
