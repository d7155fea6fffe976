"""One object's write from a form or the API: through the gate, and never out of the account's own scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from accord.core.errors import Refused
from accord.core.imports import Difference, save_row
from accord.core.models import User
from accord.core.nouns import Noun
from accord.core.permissions import Reach, reach, scoped


def save_in_scope(
    actor: User,
    noun: Noun,
    values: Mapping[str, str],
    key: Mapping[str, Any],
    *,
    expected: Mapping[str, Any] | None = None,
) -> tuple[Any, Difference]:
    """Write one object; returns it and what was done.

    `key` is the lookup of `address.key_parts`; `expected` the row that the person saw. `Refused` when the
    gate refuses it, or when the account may change only its units' part and the object is not within it.
    """
    limited = reach(actor, "change", noun.name) is not Reach.ALL
    with transaction.atomic():
        present = noun.queryset().filter(**key).first()
        if limited and present is not None and not _within(actor, noun, present):
            raise Refused("It lies outside your units.")
        found = save_row(actor, noun, values, expected=expected)
        saved = noun.queryset().get(**key)
        if limited and not _within(actor, noun, saved):
            raise Refused("It would lie outside your units. Choose one of your units.")
    return saved, found


def _within(actor: User, noun: Noun, thing: Any) -> bool:
    return scoped(actor, noun.name, noun.queryset(), "change").filter(pk=thing.pk).exists()
