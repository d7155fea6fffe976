from __future__ import annotations


def declare() -> None:
    pass
