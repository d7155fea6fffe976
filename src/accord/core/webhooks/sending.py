"""Puts messages into the outbox, and delivers what is due."""

from __future__ import annotations

import ipaddress
import json
import socket
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from accord.core import rounds
from accord.core.ledger import canonical
from accord.core.models import Webhook, WebhookDelivery
from accord.core.webhooks.catalogue import declared
from accord.core.webhooks.signing import sign

State = WebhookDelivery.State
PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)  # fmt: skip
"""How long after each failed attempt the next one follows; after the last the message is given up (about 3 days)."""
TIMEOUT = 10.0
AT_ONCE = 20
LEASE = timedelta(minutes=5)
"""A delivery that a worker took and did not finish is due again after this."""
MOST_BYTES = 20 << 10


def send(event: str, data: Mapping[str, Any], only: Webhook | None = None) -> int:
    """Put a message into the outbox of each address that wants the event; returns how many.

    `data` is JSON (dates and decimals as text) of at most 20 KiB, as the specification asks: send keys and
    addresses, not contents. LookupError for an event that was not declared. Call it inside the writer's transaction.
    """
    if event not in declared():
        raise LookupError(f"The webhook event “{event}” is not declared.")
    wanted = [only] if only is not None else list(Webhook.objects.filter(is_active=True))
    wanted = [one for one in wanted if only is not None or not one.events or event in one.events]
    if not wanted:
        return 0
    message = f"msg_{uuid.uuid4().hex}"
    told = {"type": event, "timestamp": timezone.now().isoformat(), "data": json.loads(canonical(dict(data)))}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    if len(body.encode()) > MOST_BYTES:
        raise ValueError(f"{event}: the message is larger than {MOST_BYTES:,} bytes")
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook=one, message=message, event=event, body=body) for one in wanted
    )
    return len(wanted)


@rounds.every("core.webhooks", timedelta(seconds=5))
def deliver_due() -> None:
    """Deliver what is due, at most `AT_ONCE` messages; each is leased first, so that no other worker sends it too."""
    for _ in range(AT_ONCE):
        now = timezone.now()
        due = WebhookDelivery.objects.filter(state=State.WAITING, due__lte=now, webhook__is_active=True)
        row = due.select_related("webhook").order_by("due", "pk").first()
        if row is None:
            return
        taken = WebhookDelivery.objects.filter(pk=row.pk, state=State.WAITING, due=row.due).update(
            due=now + LEASE, attempts=F("attempts") + 1
        )
        if taken:
            row.attempts += 1
            _attempt(row, now)


def _attempt(row: WebhookDelivery, now: datetime) -> None:
    status, problem = post(row.webhook, row.message, row.body, now)
    ended = timezone.now()
    change: dict[str, Any] = {"status": status, "problem": problem[:500]}
    if not problem:
        change |= {"state": State.DELIVERED, "ended": ended}
    elif row.attempts > len(PAUSES) or status == 410:  # 410 Gone: the receiver wants no more
        change |= {"state": State.FAILED, "ended": ended}
    else:
        change["due"] = ended + PAUSES[row.attempts - 1]
    WebhookDelivery.objects.filter(pk=row.pk).update(**change)


def post(webhook: Webhook, message: str, body: str, now: datetime) -> tuple[int | None, str]:
    """Send one message; returns the HTTP status (None without an answer) and the problem ("" = taken)."""
    import httpx

    refused = unfit(webhook.address)
    if refused:
        return None, refused
    headers = {"content-type": "application/json", "user-agent": "Accord", **sign(webhook, message, body, now)}
    try:
        with (
            httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=True) as client,
            client.stream("POST", webhook.address, content=body.encode(), headers=headers) as answer,
        ):
            status = answer.status_code
    except httpx.HTTPError as error:
        return None, str(error) or type(error).__name__
    return status, "" if 200 <= status < 300 else f"The receiver answered {status}."


def unfit(address: str) -> str:
    """Why an address must not be called, "" where it may: only http(s), never the machine itself or link-local
    addresses (metadata services of clouds) unless `ACCORD_WEBHOOKS_LOCAL` allows it."""
    parts = urlsplit(address)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return "The address must begin with https:// or http:// and name a host."
    if parts.username or parts.password:
        return "The address must not carry a password."
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = {info[4][0] for info in socket.getaddrinfo(parts.hostname, port, proto=socket.IPPROTO_TCP)}
    except (OSError, ValueError, UnicodeError):
        return f"The host {parts.hostname} is not known here."
    for text in found:
        host = ipaddress.ip_address(str(text).split("%")[0])
        local = host.is_loopback or host.is_link_local or host.is_unspecified
        if host.is_multicast or (local and not settings.ACCORD_WEBHOOKS_LOCAL):
            return f"{parts.hostname} is {host}, an address of this machine or of its link. Nothing is sent there."
    return ""
