"""How the fields of events of one shape are read, and the digest of what was read.

Most events are flat and their values texts: then one call reads all fields and one join makes what is hashed. What is
hashed tells any two different readings apart: a mark inside of a value, nothing, lists and nested values go by lengths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from operator import itemgetter
from typing import Any

from accord.engines.sigma.values import look_up, texts

Event = Mapping[str, Any]
Texts = tuple[str, ...]
_SINGLE = frozenset((str, int, float, bool))


class Reader:
    """Reads some fields of events with certain keys. `there` are the names that those keys hold.

    `plain` where each field is one key or none; `prefix` begins every digest.
    """

    __slots__ = ("_get", "_keys", "_names", "count", "plain", "prefix", "there")

    def __init__(self, keys: Sequence[str], names: Sequence[str], prefix: str) -> None:
        lower: dict[str, list[str]] = {}
        for key in keys:
            lower.setdefault(key.lower(), []).append(key)
        held = [lower.get(name.lower(), []) for name in names]
        self._names = tuple(names)
        self._keys = tuple(one[0] if one else None for one in held)
        self.plain = all(len(one) < 2 for one in held) and not any(
            "." in name and not one for name, one in zip(names, held, strict=True)
        )
        self.there = tuple(name for name, one in zip(names, held, strict=True) if one)
        present = [one[0] for one in held if one]
        self.count = len(present)
        self._get = itemgetter(*present) if len(present) > 1 else None
        self.prefix = prefix + "".join("1" if one else "0" for one in held) + "\x1d"

    def values(self, event: Event) -> tuple[Any, ...]:
        """The values as they are, of the fields that are there."""
        if not self.plain:
            return tuple(self._nested(event, name) for name in self._names)
        if self._get is not None:
            found: tuple[Any, ...] = self._get(event)
            return found
        return tuple(event[key] for key in self._keys if key is not None)

    def texts(self, event: Event, parts: Sequence[str] | None) -> list[Texts]:
        """The texts of each field; `parts` are those of the fields that are there, where they are known."""
        if not self.plain:
            return [self._nested(event, name) for name in self._names]
        if parts is not None:
            known = iter(parts)
            return [() if key is None else (next(known),) for key in self._keys]
        if self._get is not None and self.count == len(self._keys):
            return [(one,) if type(one) is str else texts(one) for one in self._get(event)]
        return [() if key is None else (one,) if type(one := event[key]) is str else texts(one) for key in self._keys]

    @staticmethod
    def _nested(event: Event, name: str) -> Texts:
        return tuple(text for one in look_up(event, name) for text in texts(one))


def digest(reader: Reader, event: Event, anywhere: int) -> tuple[bytes, Sequence[str] | None]:
    """128 bits of what a verdict rests on; and the texts of the fields that are there, if each has just one."""
    prefix = f"{reader.prefix}{anywhere:x}\x1d" if anywhere else reader.prefix
    if reader.plain:
        parts: Sequence[Any] = reader.values(event)
        try:
            text = "\x1e".join(parts)
        except TypeError:
            if not _SINGLE.issuperset(map(type, parts)):
                return _by_lengths(prefix, reader.texts(event, None)), None
            parts = [one if type(one) is str else texts(one)[0] for one in parts]
            text = "\x1e".join(parts)
        if text.count("\x1e") == reader.count - 1 or not reader.count:
            return blake2b((prefix + text).encode("utf-8", "surrogatepass"), digest_size=16).digest(), parts
    return _by_lengths(prefix, reader.texts(event, None)), None


def _by_lengths(prefix: str, values: Sequence[Texts]) -> bytes:
    held = [prefix, "\x1c"]
    for one in values:
        held.append(f"{len(one)}\x1f")
        for text in one:
            held += (f"{len(text)}\x1f", text)
    return blake2b("".join(held).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def routing_key(values: tuple[Any, ...]) -> Any:
    """Routing values as a key: true and 1.0 are not 1."""
    for one in values:
        kind = type(one)
        if kind is bool or kind is float:
            return tuple(map(texts, values))
    return values
