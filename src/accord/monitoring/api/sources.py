"""Sources on the API: the list of the screen, how each stands, and the same writes."""

from __future__ import annotations

from typing import IO, Any, cast

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Body, Field, File, Form, Router, Schema
from ninja.files import UploadedFile

from accord.core.api import actor_of, idempotent
from accord.core.permissions import guard_api
from accord.monitoring.lists.sources import SOURCES
from accord.monitoring.models import Source
from accord.monitoring.selectors import sources as read
from accord.monitoring.services import sources as services
from accord.ui.nouns.operations import list_operation

router = Router()
list_operation(router, "/sources", SOURCES)


class SourceIn(Schema):
    """A source: `settings` by its kind (syslog: transport, port, address, networks, certificate, key, authority;
    files: paths, start; all: host, the machine of logs that name none), `silent_after` in seconds, `asset` (key) of
    which its events are where they name none that is known."""

    name: str = Field(max_length=200)
    kind: str = Field(max_length=10)
    owner: str = Field(default="", max_length=100)
    asset: str = Field(default="", max_length=100)
    settings: dict[str, Any] = Field(default_factory=dict)
    zone: str = Field(default="", max_length=60)
    retention_days: int = 90
    silent_after: float | None = None


class SourceChange(Schema):
    """What is to be different; what is not named stays."""

    name: str | None = Field(default=None, max_length=200)
    owner: str | None = Field(default=None, max_length=100)
    asset: str | None = Field(default=None, max_length=100)
    settings: dict[str, Any] | None = None
    zone: str | None = Field(default=None, max_length=60)
    retention_days: int | None = None
    silent_after: float | None = None


class Switch(Schema):
    """Whether what it sends is taken in."""

    enabled: bool


def _found(key: str) -> Source:
    found = read.listed().filter(key=key).first()
    if found is None:
        raise Http404(f"There is no source “{key[:100]}”.")
    return found


def _shown(source: Source) -> dict[str, Any]:
    certificate, fingerprint = read.certificate_of(source)
    return {
        "key": source.key, "name": source.name, "kind": source.kind, "enabled": source.enabled,
        "state": read.state_of(source, timezone.now()), "owner": source.owner.key if source.owner else None,
        "asset": source.asset.key if source.asset else None,
        "settings": source.settings, "zone": source.zone, "retention_days": source.retention_days,
        "silent_after": source.silent_after.total_seconds() if source.silent_after else None,
        "last_seen": read.last_seen(source), "events": source.events, "malformed": source.malformed,
        "dropped": source.dropped, "refused": source.refused, "repeats": source.repeats, "paused": source.paused,
        "intake": source.intake, "certificate": certificate or None, "fingerprint": fingerprint or None,
        "samples": source.samples,
        "logs": list(source.logs.values("format", "product", "category", "service", "first", "last", "events")[:500]),
        "hours": [{"hour": hour, "events": number} for hour, number in read.by_hour(source)],
    }  # fmt: skip


@router.get("/intake", summary="Whether logs are taken in", operation_id="get_intake", response=dict[str, Any])
@guard_api("view", "source")
def intake(request: HttpRequest) -> dict[str, Any]:
    """Whether a collector runs, the free space and its floor, and which sources are paused and why."""
    return read.health()


@router.post("/sources/hand-in", summary="Hand files in", operation_id="hand_in", response=dict[str, Any])
@guard_api("hand_in", "source")
def hand_in(request: HttpRequest, files: File[list[UploadedFile]], source: Form[str] = "Handed in") -> dict[str, Any]:
    """Bring files, and the files of archives, into the source of this name; it is added where there is none."""
    actor = actor_of(request)
    found = services.ensure_source(actor, Source.Kind.UPLOAD, source.strip()[:200])
    number, problems = services.hand_in(actor, found, ((str(one.name), cast(IO[bytes], one.file)) for one in files))
    return {
        "source": found.key, "files": number,
        "problems": [{"file": name[:500], "problem": why} for name, why in problems[:100]],
    }  # fmt: skip


@router.get("/sources/{str:key}", summary="One source", operation_id="get_source", response=dict[str, Any])
@guard_api("view", "source")
def get_source(request: HttpRequest, key: str) -> dict[str, Any]:
    """How it stands: its state, counts, kinds of log, malformed samples and the last 48 hours."""
    return _shown(_found(key))


@router.post("/sources", summary="Add a source", operation_id="add_source", response=dict[str, Any])
@guard_api("change", "source")
@idempotent
def add(request: HttpRequest, body: Body[SourceIn]) -> dict[str, Any]:
    """The answer holds the token of an HTTP collector; it is not kept and not shown again."""
    told = body.dict()
    source, token = services.add_source(actor_of(request), told.pop("kind"), **told)
    return {**_shown(_found(source.key)), "token": token or None}


@router.patch("/sources/{str:key}", summary="Change a source", operation_id="change_source", response=dict[str, Any])
@guard_api("change", "source")
@idempotent
def change(request: HttpRequest, key: str, body: Body[SourceChange]) -> dict[str, Any]:
    source = services.change_source(actor_of(request), _found(key), **body.dict(exclude_unset=True))
    return _shown(_found(source.key))


@router.post(
    "/sources/{str:key}/switch", summary="Switch a source on or off", operation_id="switch_source",
    response=dict[str, Any],
)  # fmt: skip
@guard_api("change", "source")
@idempotent
def switch(request: HttpRequest, key: str, body: Body[Switch]) -> dict[str, Any]:
    act = services.enable_source if body.enabled else services.disable_source
    act(actor_of(request), _found(key))
    return _shown(_found(key))


@router.post(
    "/sources/{str:key}/token", summary="A new token for an HTTP collector", operation_id="renew_source_token",
    response=dict[str, str],
)  # fmt: skip
@guard_api("renew_token", "source")
def renew(request: HttpRequest, key: str) -> dict[str, str]:
    """The one before ends at once; this one is not shown again."""
    return {"token": services.renew_token(actor_of(request), _found(key))}
