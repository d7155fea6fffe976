"""Sources as people set them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils.text import slugify

from accord.core import ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User
from accord.estate.models import Asset
from accord.monitoring.models import Source
from accord.monitoring.services.sources.settings import check_shared, check_zone, checked
from accord.organization.models import Person

LONGEST_RETENTION = 3650
FIELDS = ("name", "owner", "asset", "settings", "zone", "retention_days", "silent_after")
"""What may be changed; the kind stays, for the spool and the files are of it."""


def digest_of(token: str) -> str:
    """What is kept of a token: SHA-256. It is random and long, so a slow digest would add nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def snapshot(source: Source) -> dict[str, Any]:
    """A source as the ledger keeps it: what people set, without the digest of its token."""
    return {
        "name": source.name, "kind": source.kind, "owner": source.owner.key if source.owner else None,
        "asset": source.asset.key if source.asset else None,
        "settings": source.settings, "zone": source.zone, "retention_days": source.retention_days,
        "silent_after": source.silent_after.total_seconds() if source.silent_after else None,
        "enabled": source.enabled, "token": bool(source.token),
    }  # fmt: skip


def _checked(kind: str, told: Mapping[str, Any], own: int | None) -> dict[str, Any]:
    """The fields as they are kept. Refused with what cannot be."""
    name = str(told.get("name", "")).strip()[:200]
    if not name or Source.objects.filter(name=name).exclude(pk=own or 0).exists():
        raise Refused(Problem(None, "name", "The name is empty or taken.", "Write a name of its own."))
    owner = told.get("owner")
    if owner is not None and not isinstance(owner, Person):
        owner = Person.objects.filter(key=str(owner)).first() if owner else None
        if owner is None and told.get("owner"):
            raise Refused(Problem(None, "owner", f"Nobody has the key “{told['owner']}”.", "Name a person."))
    asset = told.get("asset")
    if asset is not None and not isinstance(asset, Asset):
        asset = Asset.objects.filter(key=str(asset).strip()).first() if str(asset).strip() else None
        if asset is None and str(told["asset"]).strip():
            raise Refused(Problem(None, "asset", f"There is no asset “{told['asset']}”.", "Give the key of one."))
    days = int(told.get("retention_days") or 90)
    if not 1 <= days <= LONGEST_RETENTION:
        raise Refused(Problem(None, "retention_days", f"{days} days are not kept.", "Write 1 to 3,650."))
    silent = told.get("silent_after")
    if silent is not None and not isinstance(silent, timedelta):
        silent = timedelta(seconds=float(silent)) if silent else None
    if silent is not None and silent < timedelta(minutes=1):
        raise Refused(Problem(None, "silent_after", "It is too short.", "Write a minute or more, or nothing."))
    zone = str(told.get("zone") or "").strip()
    check_zone(zone)
    settings = checked(kind, told.get("settings") or {})
    check_shared(kind, settings, own)
    return {
        "name": name, "owner": owner, "asset": asset, "settings": settings, "zone": zone, "retention_days": days,
        "silent_after": silent,
    }  # fmt: skip


def _key(name: str) -> str:
    base = slugify(name)[:80] or "source"
    taken = set(Source.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(one for one in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)


def add_source(actor: User | None, kind: str, **told: Any) -> tuple[Source, str]:
    """A new source, and its token where it is an HTTP collector ("" else): it is shown once and not kept.

    `told`: name, owner (a person or key), asset (one of the estate or its key), settings (see `settings.checked`),
    zone, retention_days, silent_after (a timedelta or seconds). Refused with what cannot be.
    """
    with ledger.write(actor) as log:
        kept = _checked(kind, told, None)
        token = secrets.token_urlsafe(32) if kind == Source.Kind.HTTP else ""
        source = Source.objects.create(
            key=_key(kept["name"]), kind=kind, token=digest_of(token) if token else "", **kept
        )
        log.add("add", "source", source.key, None, snapshot(source))
    return source, token


def ensure_source(actor: User | None, kind: str, name: str, **told: Any) -> Source:
    """The source of this name and kind, added where it is not there."""
    found = Source.objects.filter(name=name, kind=kind).first()
    return found or add_source(actor, kind, name=name, **told)[0]


def change_source(actor: User | None, source: Source, **told: Any) -> Source:
    """Change what `told` names (see `FIELDS`); a running collector follows within seconds."""
    unknown = [name for name in told if name not in FIELDS]
    if unknown:
        raise Refused(Problem(None, unknown[0], "It cannot be changed.", f"What can be: {', '.join(FIELDS)}."))
    with ledger.write(actor) as log:
        found = Source.objects.select_related("owner", "asset").get(pk=source.pk)
        before = snapshot(found)
        whole = {name: getattr(found, name) for name in FIELDS} | told
        for name, value in _checked(found.kind, whole, found.pk).items():
            setattr(found, name, value)
        after = snapshot(found)
        if after != before:
            found.save(update_fields=FIELDS)
            log.add("change", "source", found.key, before, after)
    return found


def enable_source(actor: User | None, source: Source) -> None:
    """Take in what it sends again."""
    _switch(actor, source, True)


def disable_source(actor: User | None, source: Source) -> None:
    """Take in nothing more of it; what was stored stays until its retention ends."""
    _switch(actor, source, False)


def _switch(actor: User | None, source: Source, on: bool) -> None:
    with ledger.write(actor) as log:
        found = Source.objects.get(pk=source.pk)
        if found.enabled == on:
            return
        found.enabled = on
        if not on:
            found.paused, found.intake = "", {}
        found.save(update_fields=["enabled", "paused", "intake"])
        log.add("change", "source", found.key, {"enabled": not on}, {"enabled": on})


def renew_token(actor: User | None, source: Source) -> str:
    """A new token for an HTTP collector; the one before ends at once. Shown once and not kept."""
    if source.kind != Source.Kind.HTTP:
        raise Refused(Problem(None, "token", "Only an HTTP collector has one.", "Use one, or another way to send."))
    token = secrets.token_urlsafe(32)
    with ledger.write(actor) as log:
        Source.objects.filter(pk=source.pk).update(token=digest_of(token))
        log.add("renew_token", "source", source.key, None, {"token": "renewed"})
    return token
