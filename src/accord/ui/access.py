"""What a screen offers: a permission question that is simply "no" for what the table does not know."""

from __future__ import annotations

from typing import Any

from accord.core.permissions import allowed, verbs


def may(user: Any, verb: str, noun: str) -> bool:
    """True where the user's roles include the verb on the noun."""
    return verb in verbs(noun) and allowed(user, verb, noun)
