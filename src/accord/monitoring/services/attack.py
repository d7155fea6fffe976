"""Takes in the catalogue of ATT&CK from MITRE's STIX bundle, a file or downloaded. The newest import is in force."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from django.db.models import Model

from accord.core import files, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.intake.attack import Attack, read_attack
from accord.intake.records import IntakeError
from accord.monitoring.models import (
    AttackGroup,
    AttackRelease,
    AttackTactic,
    AttackTechnique,
    GroupTechnique,
)

ADDRESS = (
    "https://raw.githubusercontent.com/mitre-attack/attack-stix-data/master/enterprise-attack/enterprise-attack.json"
)
MOST_BYTES = 1 << 28
Tell = Callable[[int, int | None, str], None]


def silent(done: int, total: int | None = None, message: str = "") -> None:
    """A `Tell` for nobody."""


def update(actor: User | None, path: Path | None, folder: Path, tell: Tell = silent) -> AttackRelease:
    """Take in the bundle at `path`; None: download MITRE's own into `folder`. Whole or not at all."""
    source = download(folder, tell) if path is None else path
    with source.open("rb") as stream:
        return take(actor, stream, ADDRESS if path is None else files.safe_name(source.name), tell)


def take(actor: User | None, stream: IO[bytes], origin: str, tell: Tell = silent) -> AttackRelease:
    """Read a bundle and put it in force. `Refused` where it is none; then nothing is changed."""
    tell(0, None, "Reading the bundle")
    digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
    stream.seek(0)
    try:
        attack = read_attack(stream, name=origin.rpartition("/")[2])  # type: ignore[arg-type]
    except IntakeError as error:
        row = error.row if isinstance(error.row, int) else None
        raise Refused(Problem(row, error.field or "", error.problem, error.remedy, error.file)) from None
    tell(0, None, f"Keeping {len(attack.techniques):,} techniques")
    return put(actor, attack, origin, digest)


def download(folder: Path, tell: Tell = silent) -> Path:
    """Fetch MITRE's bundle; `Refused` names the way around where the network does not allow it."""
    import httpx

    target = folder / "enterprise-attack.json"
    tell(0, None, f"Downloading {ADDRESS}")
    try:
        with httpx.stream("GET", ADDRESS, follow_redirects=True, timeout=30) as answer, target.open("wb") as out:
            answer.raise_for_status()
            size = 0
            for block in answer.iter_bytes(1 << 20):
                size += len(block)
                if size > MOST_BYTES:
                    raise Refused(f"{ADDRESS} is larger than {MOST_BYTES:,} bytes. Download it by hand and look.")
                out.write(block)
    except (httpx.HTTPError, OSError) as error:
        reason = str(error) or type(error).__name__
        remedy = (
            "Where the network does not allow it: download the file on another machine, then `accord attack update "
            "--from FILE`, or hand it in on the page of the threat profile."
        )
        raise Refused(Problem(None, "", f"It could not be downloaded ({reason}).", remedy, ADDRESS)) from None
    return target


def put(actor: User | None, attack: Attack, origin: str, digest: str) -> AttackRelease:
    """Make a bundle the catalogue in force, in one transaction. What it no longer has is taken out."""
    shorts: dict[str, Any] = {}
    for tactic in attack.tactics.values():
        shorts.setdefault(tactic.short, tactic)
    counts = {
        "tactics": len(shorts), "techniques": len(attack.techniques), "groups": len(attack.groups),
        "uses": sum(len(group.uses) for group in attack.groups.values()), "refused": attack.refused,
    }  # fmt: skip
    with ledger.write(actor) as log:
        GroupTechnique.objects.all().delete()
        AttackTactic.objects.all().delete()
        AttackTactic.objects.bulk_create(
            AttackTactic(identifier=t.identifier, short=t.short, name=t.name, place=t.place) for t in shorts.values()
        )
        techniques = _replace(AttackTechnique, (
            AttackTechnique(
                identifier=t.identifier, name=t.name, parent=t.parent, tactics=list(t.tactics), url=t.url,
                platforms=list(t.platforms), retired=t.retired, replaced_by=t.replaced_by,
            ) for t in attack.techniques.values()
        ))  # fmt: skip
        groups = _replace(AttackGroup, (
            AttackGroup(
                identifier=g.identifier, name=g.name, aliases=list(g.aliases), summary=g.summary, url=g.url,
                retired=g.retired,
            ) for g in attack.groups.values()
        ))  # fmt: skip
        GroupTechnique.objects.bulk_create(
            [
                GroupTechnique(group_id=groups[group.identifier], technique_id=techniques[used])
                for group in attack.groups.values() for used in sorted(group.uses)
            ],
            batch_size=1000,
        )  # fmt: skip
        release = AttackRelease.objects.create(
            name=attack.name, version=attack.version, modified=attack.modified, origin=origin[:500], digest=digest,
            counts=counts, by=actor,
        )  # fmt: skip
        after = {"version": attack.version, "modified": attack.modified, "sha256": digest, "origin": origin, **counts}
        log.add("import", "attack", attack.name, None, after)
    return release


def _replace(model: type[Model], rows: Iterable[Any]) -> dict[str, int]:
    """Write all rows by their identifier, remove others; identifier → primary key."""
    given = list(rows)
    manager = model._default_manager
    kept = [row.identifier for row in given]
    gone = set(manager.values_list("identifier", flat=True)) - set(kept)
    for start in range(0, len(gone), 500):
        manager.filter(identifier__in=sorted(gone)[start : start + 500]).delete()
    fields = [f.name for f in model._meta.fields if f.name not in ("id", "identifier")]
    manager.bulk_create(
        given, batch_size=300, update_conflicts=True, unique_fields=["identifier"], update_fields=fields
    )
    return dict(manager.values_list("identifier", "pk"))
