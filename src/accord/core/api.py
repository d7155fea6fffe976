"""What every room's API shares: token log-in, idempotent writes, errors in one shape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from inspect import signature
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja.security import HttpBearer, SessionAuth

from accord.core.errors import Refused
from accord.core.models import ApiToken, IdempotentRequest, User


class TokenAuth(HttpBearer):
    """`Authorization: Bearer accord_…`; the token acts as its account, with its account's permissions."""

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        found = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(token)).first()
        if found is None or not found.user.is_active:
            return None
        if found.expires is not None and found.expires < datetime.now(UTC):
            return None
        if found.last_used != timezone.now().date():
            ApiToken.objects.filter(pk=found.pk).update(last_used=timezone.now().date())
        request.user = found.user
        return found.user


class BrowserAuth(SessionAuth):
    """A logged-in browser; writes need the CSRF token."""

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        return request.user if isinstance(request.user, User) and request.user.is_active else None


AUTH = [TokenAuth(), BrowserAuth(csrf=True)]


def actor_of(request: HttpRequest) -> User:
    """Who asks: the account of the token, or of the browser."""
    user: Any = getattr(request, "auth", None) or request.user
    assert isinstance(user, User)
    return user


def refusal(error: Refused) -> dict[str, Any]:
    """The body of a 422: every problem with its place, reason and remedy."""
    return {
        "detail": str(error),
        "problems": [
            {"table": p.table, "row": p.row, "column": p.column, "reason": p.reason, "remedy": p.remedy}
            for p in error.problems
        ],
    }


def idempotent(operation: Callable[..., Any]) -> Callable[..., Any]:
    """A write that a client may repeat: with the header `Idempotency-Key` the second call gets the first answer.

    The key is reserved in the same transaction as the write, so of two calls at once only one is done.
    The same key with another body is refused (409).
    """

    @wraps(operation)
    def once(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        if not key:
            return operation(request, *args, **kwargs)
        if len(key) > 200:
            return JsonResponse({"detail": "Idempotency-Key is longer than 200 characters."}, status=422)
        user: Any = request.user
        body = b"" if request.FILES else request.body
        content = f"{request.method} {request.get_full_path()}\n".encode() + body
        digest = hashlib.sha256(content).hexdigest()
        try:
            with transaction.atomic():
                held = IdempotentRequest.objects.create(user=user, key=key, request_digest=digest)
                answer = operation(request, *args, **kwargs)
                held.status, held.body = _kept(answer)
                held.save()
            return answer
        except IntegrityError:
            held = IdempotentRequest.objects.filter(user=user, key=key).first()  # type: ignore[assignment]
            if held is None:
                raise
        if held.request_digest != digest:
            return JsonResponse({"detail": "This Idempotency-Key was used for another request."}, status=409)
        return HttpResponse(held.body, status=held.status or 200, content_type="application/json")

    once.__signature__ = signature(operation, eval_str=True)  # type: ignore[attr-defined]
    return once


def _kept(answer: Any) -> tuple[int, str]:
    if isinstance(answer, HttpResponse):
        return answer.status_code, answer.content.decode()
    status, body = answer if isinstance(answer, tuple) else (200, answer)
    return int(status), json.dumps(body, default=str)
