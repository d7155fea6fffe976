"""Loads the knowledge feeds, notes what they say on the definitions, and ranks their findings anew."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from accord.core import ledger
from accord.core.models import User
from accord.core.pace import Breath
from accord.exposure.models import FeedUpdate
from accord.exposure.services import assessing, triage
from accord.exposure.services.feeds.loading import load
from accord.exposure.services.feeds.noting import note_on_definitions
from accord.exposure.services.feeds.packing import pack
from accord.exposure.services.feeds.sources import (
    ADDRESSES,
    Read,
    Tell,
    collect,
    download,
    form_or_refuse,
    read,
    silent,
)


def update_feeds(
    actor: User | None, kev_path: Path | str | None = None, epss_path: Path | str | None = None, tell: Tell = silent
) -> list[FeedUpdate]:
    """Load KEV and EPSS from files; without any path all feeds are downloaded. Returns what was loaded."""
    return update_from(actor, [path for path in (kev_path, epss_path) if path is not None], tell)


def update_from(
    actor: User | None, paths: Sequence[Path | str], tell: Tell = silent, feeds: Sequence[str] = ()
) -> list[FeedUpdate]:
    """Load feeds from files, folders of CVE records or bundles, told apart by their content.

    Without any, those named in `feeds` are downloaded (none named: all). `Refused` where a file cannot be read, or
    where the network does not allow the download; then nothing changed.
    """
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        if paths:
            found = collect([Path(path) for path in paths], folder)
        else:
            found = []
            for feed in feeds or tuple(ADDRESSES):
                path = download(feed, folder, tell)
                found.append(read(path, form_or_refuse(path), ADDRESSES[feed]))
        return _take(actor, found, tell)


def _take(actor: User | None, found: list[Read], tell: Tell) -> list[FeedUpdate]:
    made = [load(actor, one, tell) for one in found]
    changed = findings = 0
    if any(one.feed != FeedUpdate.Feed.EOL for one in found):
        changed = note_on_definitions(actor, tell)
        breath = Breath()

        def pause() -> None:
            breath()
            tell(0, None, "Ranking findings")

        findings = assessing.reassess_pending(actor, pause)
        triage.keep(actor)
    with ledger.write(actor) as log:
        for update in made:
            update.state = FeedUpdate.State.DONE
            update.definitions_changed, update.findings_changed = changed, findings
            update.save()
            log.add("load", "feed", update.feed, None, _told(update))
    return made


def _told(update: FeedUpdate) -> dict[str, Any]:
    names = ("source", "digest", "released", "version", "entries", "added", "changed", "removed")
    return {name: getattr(update, name) for name in names}


def feed_of(path: Path | str) -> str:
    """Which feed a file is ("kev", "epss", "ssvc", "eol"), by its content; `Refused` where it is none."""
    return form_or_refuse(Path(path)).feed


__all__ = [
    "ADDRESSES",
    "Tell",
    "download",
    "feed_of",
    "note_on_definitions",
    "pack",
    "silent",
    "update_feeds",
    "update_from",
]
