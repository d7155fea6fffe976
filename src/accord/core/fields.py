"""Model fields that every room uses the same way."""

from __future__ import annotations

from typing import Any

from django.db import models


def key() -> Any:
    """The stable, readable identifier of a thing."""
    return models.CharField(max_length=100, unique=True)


def share(**options: Any) -> Any:
    """A share, 0–1, nine decimals."""
    return models.DecimalField(max_digits=11, decimal_places=9, **options)


def money(**options: Any) -> Any:
    """An amount in the organization's one currency."""
    return models.DecimalField(max_digits=17, decimal_places=2, **options)


def number(**options: Any) -> Any:
    """A decimal number with up to nine decimals."""
    return models.DecimalField(max_digits=24, decimal_places=9, **options)


def unknown(make: Any, **options: Any) -> Any:
    """The same field where unknown is allowed (NULL)."""
    return make(null=True, blank=True, **options)


def ref(to: str, **options: Any) -> Any:
    """A reference that keeps its target from being removed."""
    options.setdefault("on_delete", models.PROTECT)
    options.setdefault("related_name", "+")
    return models.ForeignKey(to, **options)


def link(to: str, related_name: str) -> Any:
    """One end of a link row: the link goes when either end goes."""
    return models.ForeignKey(to, on_delete=models.CASCADE, related_name=related_name)


def text(length: int = 300) -> Any:
    """A text that may be blank."""
    return models.CharField(max_length=length, blank=True)


def share_between(field: str, name: str) -> models.CheckConstraint:
    """A database constraint: the share lies between 0 and 1."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__gte": 0, f"{field}__lte": 1}), name=name)


def only_one(fields: list[str], name: str) -> models.UniqueConstraint:
    return models.UniqueConstraint(fields=fields, name=name)
