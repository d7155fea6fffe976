"""Signatures after Standard Webhooks 1.0.0: HMAC-SHA-256 over `id.timestamp.body`, headers `webhook-…`.

No secret is stored: it is derived from the installation's key and the address's own salt, so that neither a backup
of the database nor the ledger gives it away. Whoever changes `ACCORD_SECRET_KEY` changes all secrets.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings

from accord.core.models import Webhook

OVERLAP = timedelta(days=1)
"""So long after a change of secret the former one signs as well."""


def secret_of(webhook: Webhook) -> str:
    """The secret as the receiver configures it: "whsec_" and base64 of 32 bytes."""
    return "whsec_" + base64.b64encode(_key(webhook.salt)).decode()


def _key(salt: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"webhook:{salt}".encode(), hashlib.sha256).digest()


def sign(webhook: Webhook, message: str, body: str, now: datetime) -> dict[str, str]:
    """The headers of one attempt: webhook-id, webhook-timestamp (Unix seconds), webhook-signature."""
    moment = str(int(now.timestamp()))
    salts = [webhook.salt]
    if webhook.previous_salt and webhook.rotated is not None and now < webhook.rotated + OVERLAP:
        salts.append(webhook.previous_salt)
    signed = f"{message}.{moment}.{body}".encode()
    marks = [base64.b64encode(hmac.new(_key(salt), signed, hashlib.sha256).digest()).decode() for salt in salts]
    return {
        "webhook-id": message,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
