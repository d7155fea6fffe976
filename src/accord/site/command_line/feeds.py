"""`accord feeds`: the knowledge that priorities rest on, online, from files, or from a bundle."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import typer

from accord.site.command_line.base import JSON_OPTION, answer, app, django_setup, progress, refusals

feeds_app = typer.Typer(
    help="Known exploited vulnerabilities (KEV), exploit prediction (EPSS), SSVC points (Vulnrichment), end of life.",
    no_args_is_help=True,
)
app.add_typer(feeds_app, name="feeds")


def _given(paths: list[Path]) -> list[Path]:
    """Files, and what is in folders in any depth: CVE records stay together as the folder that they lie in."""
    from accord.intake.feed_kinds import form_of
    from accord.site.command_line.folders import inner

    found = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        records, others = set(), []
        for one in inner(path):
            if one.name.upper().startswith("CVE-"):
                records.add(one.parent)
            else:
                others.append(one)
        feeds = [one for one in others if form_of(one)]
        if records:
            found += [*feeds, Path(os.path.commonpath(sorted(records)))]
        else:
            found += others if feeds else [path]
    return found


@feeds_app.command()
def update(
    source: list[Path] = typer.Option(
        [], "--from", help="File of a feed, bundle, or folder of such files or of CVE records, to read instead.",
        exists=True,
    ),
    only: list[str] = typer.Option([], "--only", help="Download only this feed: kev, epss, ssvc or eol."),
    as_json: bool = JSON_OPTION,
) -> None:  # fmt: skip
    """Bring the feeds up to date: downloaded, or from files and bundles where the network does not allow it."""
    django_setup()
    from accord.core import accounts
    from accord.exposure import services

    with refusals(as_json), progress("Feeds", as_json) as tell:
        report = services.update_feeds_from(accounts.operator(), _given(source), tell, only)
    lines = [f"{row['feed']:5} {row['entries']:>8,} entries of {row['as_of']}" for row in report["feeds"]]
    lines.append(f"{report['reranked']:,} findings ranked anew.")
    answer(report, lines, as_json)


@feeds_app.command()
def pack(target: Path = typer.Argument(help="The bundle to write (ZIP)."), as_json: bool = JSON_OPTION) -> None:
    """Pack the feeds that are loaded into a dated bundle with a manifest, for an Accord without a network."""
    django_setup()
    from accord.exposure.services import feeds

    with refusals(as_json):
        packed = feeds.pack(target)
    lines = [
        f"{one.feed:5} {one.rows:>8,} rows of {one.released[:10] or 'unknown date'}  {one.sha256}" for one in packed
    ]
    lines.append(f"{target}: {target.stat().st_size:,} bytes.")
    answer({"file": str(target), "feeds": [asdict(one) for one in packed]}, lines, as_json)


@feeds_app.command()
def status(as_json: bool = JSON_OPTION) -> None:
    """Say how old each feed is, and from where. Exit code 1 where one is stale or was never loaded."""
    django_setup()
    from accord.exposure.selectors import feed_ages

    ages = feed_ages()
    rows = [
        {
            **asdict(age), "released": age.released.isoformat() if age.released else None,
            "loaded": age.loaded.isoformat() if age.loaded else None,
        }
        for age in ages
    ]  # fmt: skip
    lines = [f"{age.text}{f'; from {age.source}' if age.source else ''}" for age in ages]
    answer({"feeds": rows}, lines, as_json)
    if any(age.is_stale for age in ages):
        raise typer.Exit(1)
