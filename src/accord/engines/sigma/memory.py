"""What an engine remembers, bounded: verdicts by their digests, and the matches of single values by bytes."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from sys import getsizeof
from typing import Any

LONGEST = 500
"""Characters of a field's values up to which they are kept themselves."""
Memory = dict[tuple[str, ...] | bytes, Any]


class Verdicts:
    """A bounded memory in two generations: what was not asked for while the younger one filled is forgotten."""

    def __init__(self, most: int) -> None:
        self._most = most // 2
        self._young: dict[bytes, tuple[int, ...]] = {}
        self._old: dict[bytes, tuple[int, ...]] = {}
        self._same: dict[tuple[int, ...], tuple[int, ...]] = {}
        self.get = self._get if most else self._nothing

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    @staticmethod
    def _nothing(key: bytes) -> tuple[int, ...] | None:
        return None

    def _get(self, key: bytes) -> tuple[int, ...] | None:
        found = self._young.get(key)
        if found is None and self._old:
            found = self._old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: bytes, verdict: tuple[int, ...]) -> None:
        """Remember a verdict; equal ones are kept once."""
        if not self._most:
            return
        if len(self._young) >= self._most:
            self._old, self._young = self._young, {}
            self._same = {}
        self._young[key] = self._same.setdefault(verdict, verdict)

    def clear(self) -> None:
        """Forget all."""
        self._young, self._old, self._same = {}, {}, {}


class Budget:
    """Bytes that all memories of values together may take; when they are spent, all are emptied."""

    def __init__(self, most: int) -> None:
        self._most, self.used = most, 0
        self._memories: list[Callable[[], Any]] = []

    def memory(self) -> Memory:
        """A new memory under this budget."""
        held: Memory = {}
        self._memories.append(held.clear)
        return held

    def keep(self, memory: Memory, key: tuple[str, ...] | bytes, value: Any) -> None:
        """Remember something of a field's values."""
        if not self._most:
            return
        # A slot in the table and the objects around the texts take some 250 bytes.
        texts = (key,) if isinstance(key, bytes) else key
        size = 250 + (getsizeof(texts[0]) if len(texts) == 1 else sum(map(getsizeof, texts)))
        if self.used + size > self._most:
            self.empty()
        self.used += size
        memory[key] = value

    def empty(self) -> None:
        """Forget all values."""
        for empty in self._memories:
            empty()
        self.used = 0

    def clear(self) -> None:
        """Forget all values, and the memories themselves."""
        self.empty()
        self._memories = []


def key_of(texts: tuple[str, ...]) -> tuple[str, ...] | bytes:
    """What values are remembered under: themselves, or 128 bits of their digest where they are long."""
    if (len(texts[0]) if len(texts) == 1 else sum(map(len, texts))) <= LONGEST:
        return texts
    total = sha256(repr(tuple(map(len, texts))).encode())
    for text in texts:
        total.update(text.encode("utf-8", "surrogatepass"))
    return total.digest()[:16]
