"""The HTTP collector: events from whoever has a source's token. No account, no session, no cookie."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accord.core.permissions import open_to_all
from accord.monitoring.collecting.bodies import PACKED, BadBody, Found, events, splunk_events, unpacked
from accord.monitoring.collecting.frames import TooLarge
from accord.monitoring.collecting.posting import GATE, Later, posting
from accord.monitoring.models import Source
from accord.monitoring.services.sources.setting import digest_of
from accord.monitoring.store import place

WHY = "a sender has a source's token and no account; without it the answer is 401"
KEY = 200


@csrf_exempt
@require_POST
@open_to_all(WHY)
def collect(request: HttpRequest) -> JsonResponse:
    """Lines or an array of JSON. 200 when they are on disk; with the same Idempotency-Key they are stored once."""
    return _answer(request, "Bearer", events, lambda done, number: {"stored": number if done else 0, "known": not done})


@csrf_exempt
@require_POST
@open_to_all(WHY)
def splunk_event(request: HttpRequest) -> JsonResponse:
    """As Splunk's HTTP Event Collector takes events: `{"event": …}` one after the other."""
    return _answer(request, "Splunk", splunk_events, lambda done, number: {"text": "Success", "code": 0})


@csrf_exempt
@require_POST
@open_to_all(WHY)
def splunk_raw(request: HttpRequest) -> JsonResponse:
    """Lines, to the address of Splunk's HTTP Event Collector."""
    return _answer(request, "Splunk", events, lambda done, number: {"text": "Success", "code": 0})


@require_safe
@open_to_all("senders ask whether the collector is there; it tells nothing else")
def splunk_health(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"text": "HEC is healthy", "code": 17})


def _answer(
    request: HttpRequest, scheme: str, read: Callable[[bytes], list[Found]],
    told: Callable[[bool, int], dict[str, Any]],
) -> JsonResponse:  # fmt: skip
    source = _source(request, scheme)
    if source is None:
        refused = _refused(401, "No source has this token. Renew it on the source's page.")
        refused["WWW-Authenticate"] = f'{scheme} realm="collect"'
        return refused
    if not source.enabled:
        return _refused(403, "The source is switched off.")
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > KEY:
        return _refused(422, f"Idempotency-Key is longer than {KEY} characters.")
    size = int(request.headers.get("Content-Length") or PACKED)
    if size > PACKED:
        return _refused(413, f"The body is longer than {PACKED:,} bytes; send less at once.")
    try:
        GATE.enter(size)
        try:
            return _taken(request, source, key, read, told)
        finally:
            GATE.leave(size)
    except Later as error:
        answer = _refused(error.status, str(error))
        answer["Retry-After"] = str(error.after)
        return answer
    except BadBody as error:
        return _refused(error.status, str(error))
    except TooLarge:
        return _refused(413, "The request holds too much; send less at once.")


def _taken(
    request: HttpRequest, source: Source, key: str, read: Callable[[bytes], list[Found]],
    told: Callable[[bool, int], dict[str, Any]],
) -> JsonResponse:  # fmt: skip
    body = request.read(PACKED + 1)
    if len(body) > PACKED:
        raise BadBody(413, f"The body is longer than {PACKED:,} bytes; send less at once.")
    found = read(unpacked(body, request.headers.get("Content-Encoding", "").strip().lower()))
    done = True
    if found:
        folder = place.folder() / "spool" / str(source.pk)
        peer = str(request.META.get("REMOTE_ADDR") or "")
        done = posting(folder, settings.ACCORD_EVENTS_FREE).take(found, peer, key)
    return JsonResponse(told(done, len(found)))


def _source(request: HttpRequest, scheme: str) -> Source | None:
    given, _, token = request.headers.get("Authorization", "").partition(" ")
    if given.lower() not in (scheme.lower(), "bearer") or not token:
        return None
    digest = digest_of(token.strip())
    found = Source.objects.filter(kind=Source.Kind.HTTP, token=digest).first()
    return found if found is not None and hmac.compare_digest(found.token, digest) else None


def _refused(status: int, reason: str) -> JsonResponse:
    return JsonResponse({"detail": reason}, status=status)
