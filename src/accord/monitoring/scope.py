"""Which rows of this room a person sees who sees only a part of the organization."""

from __future__ import annotations


def declare() -> None:
    pass
