"""Prove again who you are, right before a signature: password, authenticator code, or a fresh security key."""

from __future__ import annotations

import time

from django.http import HttpRequest

from accord.core.errors import Problem, Refused
from accord.core.models import User

FRESH_SECONDS = 300


def prove(request: HttpRequest, *, password: str = "", code: str = "") -> str:
    """The method by which the account proved itself just now; `Refused` when it did not.

    A password or an authenticator code is checked here (with the log-in rate limit). Without either, a
    security key used on allauth's re-authentication page in the last five minutes counts.
    """
    user = request.user
    if not isinstance(user, User):
        raise Refused("Log in first.")
    if password:
        from django.contrib.auth import authenticate

        proved = authenticate(request, username=user.email, password=password)
        if proved is None or proved.pk != user.pk:
            raise Refused(Problem(None, "password", "That is not your password.", "Try again."))
        return "password"
    if code:
        from allauth.mfa.models import Authenticator

        for authenticator in Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP):
            if authenticator.wrap().validate_code(code.replace(" ", "")):
                return "authenticator code"
        raise Refused(Problem(None, "code", "That code does not fit.", "Use the code that shows now."))
    for record in reversed(request.session.get("account_authentication_methods", [])):
        fresh = time.time() - float(record.get("at", 0)) < FRESH_SECONDS
        if record.get("type") == "webauthn" and record.get("reauthenticated") and fresh:
            return "security key"
    raise Refused(Problem(None, "password", "It is blank.", "Give your password or an authenticator code to sign."))
