"""What `accord check` looks at: each room registers what must hold of its own data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from accord.core import ledger
from accord.core.models import StoredFile

Look = Callable[[], Iterable[str]]
_looks: dict[str, Look] = {}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check and the problems that it found (none = it holds)."""

    name: str
    problems: list[str]


def check(name: str) -> Callable[[Look], Look]:
    """Register a function that yields problems in plain words, each with its remedy."""

    def register(function: Look) -> Look:
        _looks[name] = function
        return function

    return register


def run() -> Iterator[Finding]:
    """Run all checks in the order in which they were registered."""
    for name, look in _looks.items():
        yield Finding(name, list(look()))


@check("ledger")
def _ledger_holds() -> Iterator[str]:
    verdict = ledger.verify()
    if not verdict.holds:
        yield f"{verdict.problem}. Compare with the last export, or restore the last backup."


@check("files")
def _files_are_there() -> Iterator[str]:
    from accord.core.files import exists

    for stored in StoredFile.objects.order_by("pk").iterator():
        if not exists(stored):
            yield f"{stored.name} ({stored.digest[:12]}…) is not in the file store. Restore it from a backup."
