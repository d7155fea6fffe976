"""Differences as a reader sees them, with their sign. In a template: `{% load differences %}`."""

from __future__ import annotations

from typing import Any

from django import template

from accord.ui import format as write

register = template.Library()
SAME = "no difference"


def _signed(value: Any, text: str) -> str:
    """The text of a difference's size with its sign before it; words where it shows as nothing."""
    if not any(digit in "123456789" for digit in text):
        return SAME
    return f"{write.MINUS if float(value) < 0 else '+'}{text}"


@register.filter
def signed_percent(value: Any, digits: int = 1) -> str:
    """A difference of shares in points: +1.2 points."""
    if write.is_unknown(value):
        return write.UNKNOWN
    found = _signed(value, write.number(abs(float(value)) * 100, digits))
    return found if found == SAME else f"{found}{write.NBSP}points"


@register.filter
def points(value: Any, digits: int = 1) -> str:
    """A part of all value in points: 1.8 points."""
    return write.UNKNOWN if write.is_unknown(value) else f"{write.number(float(value) * 100, digits)}{write.NBSP}points"


@register.filter
def signed_money(value: Any, currency: str | None = None) -> str:
    """A difference of money: +EUR 1.2 M."""
    return write.UNKNOWN if write.is_unknown(value) else _signed(value, write.money(abs(value), currency, compact=True))


@register.filter
def signed_number(value: Any) -> str:
    """A difference of counts: +3."""
    return write.UNKNOWN if write.is_unknown(value) else _signed(value, write.number(abs(value)))
