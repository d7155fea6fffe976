"""What events in a file do not hold, told by some kilobytes beside them: then nobody needs to read them.

A summary has the runs of four characters that are anywhere in some texts, in lower case (q-grams, q = 4), as bits
under their hashes, and those of three as they are. A word can only be there if all of its runs are. Each file of the
store that was put together has one of its raw records, in its metadata, for words that people look for; each of its row
groups has one of the values of its fields, in a column of its own (`TOLD`), for what rules ask. Beside that of all
values stand those of the columns, but for columns that hold too much to tell.
A summary says "not here" only where that is so; what has none is read.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from accord.engines.sigma.columns import MORE, NESTED, Column, bytes_of, native_name
from accord.engines.sigma.tree import Atom
from accord.engines.sigma.values import texts

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

RAW = b"accord.raw.1"
"""Under which name a file's metadata holds the summary of its raw records."""
TOLD = "_told"
"""The column whose first value in a row group is the summary of the group's values; all others are null."""
LETTERS = b"abcdefghijklmnopqrstuvwxyz0123456789 .,:;-_/\\\"'()[]{}<>=+*&%$#@"
"""Characters that are told from each other. "?" is none of them: it stands for bytes that are no text."""
_ALIKE = ((b"\xe2\x84\xaa", b"k"), (b"\xc4\xb0", b"i"))
"""Letters outside of ASCII (Kelvin's sign, I with a dot) whose lower case is in it, or begins in it."""
_AT_ONCE, _OVER = 1 << 16, 16
"""Bytes that are looked at together, and how far into the next: four letters of four bytes each."""
_SPARSE = 6
"""Bits for each run that is there, at least: at most one bit in six is set."""
_SMALLEST, _LARGEST = 9, 22
_THREES = 1 << 18
_FACTOR = 0x9E3779B1
_MOST_NESTED = 20_000
"""Distinct nested values of a column that are written out; a file with more has no summary of its values."""
_FEW = 50_000
"""Runs up to which a column has a summary of its own."""
_SHORT = 1 << 16
"""Bytes up to which the runs of texts are told apart by sorting, beyond it by a table of all runs."""
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Keywords:
    """Questions to texts, each by words that must be there if it is answered: their runs of four and of three
    characters, and for each run the place of its question."""

    count: int
    fours: np.ndarray
    of_fours: np.ndarray
    threes: np.ndarray
    of_threes: np.ndarray

    @classmethod
    def of(cls, words: Sequence[Sequence[str]]) -> Keywords:
        """Questions by their words; one without any may be answered everywhere."""
        import numpy as np

        told = [word.lower().encode("utf-8", "replace") for several in words for word in several]
        places = np.repeat(np.arange(len(words)), [len(several) for several in words])
        # A border behind each word: no run goes over it.
        signs = np.frombuffer(b"\n".join([*told, b""]).translate(_signs()), np.uint8)
        place = np.repeat(places, [len(word) + 1 for word in told])
        return cls(len(words), *_runs(signs, place, 4), *_runs(signs, place, 3))

    def part(self, begin: int, end: int) -> Keywords:
        """The questions of these places."""
        return Keywords(
            end - begin, *_between(self.fours, self.of_fours, begin, end),
            *_between(self.threes, self.of_threes, begin, end),
        )  # fmt: skip


def _between(runs: np.ndarray, places: np.ndarray, begin: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    first, last = np.searchsorted(places, (begin, end))
    return runs[first:last], places[first:last] - begin


def keywords_of(atoms: Sequence[Atom]) -> Keywords:
    """Keywords of rules; those of which no word is known may hold anywhere."""
    words: list[Sequence[str]] = []
    for atom in atoms:
        match atom.op:
            case "equals" | "contains" | "startswith" | "endswith":
                words.append((atom.value,))
            case "like":
                words.append([part for part in atom.value if isinstance(part, str)])
            case _:
                words.append(())
    return Keywords.of(words)


@dataclass(frozen=True, slots=True)
class Summary:
    """What may be in some texts: bits of hashes of runs of four characters, and of runs of three (where told).

    `size` is the power of two of how many bits there are; 0 where there is no text at all.
    """

    size: int
    fours: np.ndarray
    threes: np.ndarray | None = None
    columns: Mapping[str, Summary] = field(default_factory=dict)

    def may_hold(self, word: str) -> bool:
        """Whether a word may be in one of the texts, without regard to case."""
        return bool(self.may_answer(Keywords.of([(word,)]))[0])

    def may_answer(self, keywords: Keywords) -> np.ndarray:
        """For each keyword, whether it may hold for one of the texts."""
        import numpy as np

        if not self.size:
            return np.zeros(keywords.count, np.bool_)
        lacks = np.zeros(keywords.count, np.bool_)
        lacks[keywords.of_fours[~_set(self.fours, _hashed(keywords.fours, self.size))]] = True
        if self.threes is not None:
            lacks[keywords.of_threes[~_set(self.threes, keywords.threes)]] = True
        return ~lacks

    def packed(self) -> bytes:
        """As it stands in a file: what sizes there are, and all bits."""
        told = json.dumps({"size": self.size, "columns": [(name, one.size) for name, one in self.columns.items()]})
        assert self.threes is not None
        parts = [self.threes, self.fours, *(one.fours for one in self.columns.values())]
        held = told.encode() + b"\0" + b"".join(part.tobytes() for part in parts)
        return zlib.compress(held, 6)


def raw_summary(metadata: Mapping[bytes, bytes] | None) -> Summary | None:
    """The summary of a file's raw records; None where it has none that can be read."""
    try:
        return unpacked(base64.b64decode((metadata or {}).get(RAW) or b""))
    except ValueError:
        return None


def unpacked(data: bytes | None) -> Summary | None:
    """A summary as it was packed; None where it cannot be read."""
    import numpy as np

    if not data:
        return None
    try:
        held = zlib.decompressobj().decompress(data, _MOST_BYTES)
        told, _, rest = held.partition(b"\0")
        whole = json.loads(told)
        names = [str(name) for name, _ in whole["columns"]]
        sizes = [int(whole["size"]), *(int(size) for _, size in whole["columns"])]
        if not all(_SMALLEST <= size <= _LARGEST or (size == 0 and place) for place, size in enumerate(sizes)):
            return None
        lengths = [_THREES, *(1 << size if size else 0 for size in sizes)]
        if len(rest) * 8 != sum(lengths):
            return None
    except (ValueError, TypeError, KeyError, RecursionError, zlib.error):
        return None
    bits = np.split(np.frombuffer(rest, np.uint8), np.cumsum(lengths[:-1]) // 8)
    columns = {name: Summary(size, one) for name, size, one in zip(names, sizes[1:], bits[2:], strict=True)}
    return Summary(sizes[0], bits[1], bits[0], columns)


def _runs(signs: np.ndarray, places: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of all runs of so many characters in which all are told, and the place of each one's word."""
    import numpy as np

    if len(signs) < length:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    parts = np.lib.stride_tricks.sliding_window_view(signs, length)
    whole = np.flatnonzero((parts != 0).all(axis=1))
    found: np.ndarray = (parts[whole].astype(np.int64) << np.arange(length - 1, -1, -1) * 6).sum(axis=1)
    return found, places[whole]


def _hashed(runs: np.ndarray, size: int) -> np.ndarray:
    return (runs * _FACTOR & 0xFFFFFFFF) >> 32 - size


def _set(bits: np.ndarray, places: np.ndarray) -> np.ndarray:
    found: np.ndarray = (bits[places >> 3] >> (7 - (places & 7)).astype(bits.dtype) & 1).astype(bool)
    return found


def _bits(runs: np.ndarray) -> tuple[int, np.ndarray]:
    """A table of bits for these runs: its size as a power of two, and itself."""
    import numpy as np

    size = min(_LARGEST, max(_SMALLEST, (len(runs) * _SPARSE).bit_length()))
    held = np.zeros(1 << size, np.bool_)
    held[_hashed(runs, size)] = True
    return size, np.packbits(held)


@cache
def _signs() -> bytes:
    """The number of each byte's character; 0 for those that are not told from each other."""
    found = bytearray(256)
    for number, letter in enumerate(LETTERS, 1):
        found[letter] = found[ord(chr(letter).upper())] = number
    return bytes(found)


def _parts(texts: Any) -> Iterator[np.ndarray]:
    """The runs of four in bytes of one or more texts, one behind the other; also those of three and a border."""
    for begin in range(0, len(texts), _AT_ONCE):
        part = bytes(texts[begin : begin + _AT_ONCE + _OVER])
        yield _fours(part)
        for letter, plain in _ALIKE:
            if letter in part:
                yield _fours(part.replace(letter, plain))


def _fours(part: bytes) -> np.ndarray:
    import numpy as np

    signs = np.frombuffer(b"\0\0\0" + part.translate(_signs()) + b"\0\0\0", np.uint8).astype(np.uint16)
    pairs = signs[:-1] << 6
    pairs |= signs[1:]
    runs: np.ndarray = pairs[:-2].astype(np.int64)
    runs <<= 12
    runs |= pairs[2:]
    return runs


class Runs:
    """The runs of characters in texts that come part by part."""

    def __init__(self) -> None:
        import numpy as np

        self._there = np.zeros(1 << 24, np.bool_)

    def add(self, texts: Any) -> None:
        """Bytes of one or more texts, one behind the other."""
        for runs in _parts(texts):
            self.put(runs)

    def put(self, runs: np.ndarray) -> None:
        """These runs."""
        known = self._there.take(runs)
        if not known.all():
            self._there[runs[~known]] = True

    def told(self, texts: Any) -> np.ndarray:
        """The runs in these texts alone, each once; nothing of them stays."""
        import numpy as np

        if len(texts) <= _SHORT:
            return _three_told(np.unique(np.concatenate([np.zeros(0, np.int64), *_parts(texts)])))
        self.add(texts)
        runs = np.flatnonzero(self._there)
        self.clear()
        return _three_told(runs)

    def clear(self) -> None:
        """Forget all."""
        self._there[:] = False

    def summary(self, columns: Mapping[str, Summary] | None = None) -> Summary:
        """What was there."""
        import numpy as np

        runs = _three_told(np.flatnonzero(self._there))
        threes = np.zeros(_THREES, np.bool_)
        threes[runs & 0x3FFFF] = True
        size, fours = _bits(runs[runs >> 18 != 0])
        return Summary(size, fours, np.packbits(threes), columns or {})


def _three_told(runs: np.ndarray) -> np.ndarray:
    """Those whose last three characters are told from others."""
    found: np.ndarray = runs[(runs & 63 != 0) & (runs >> 6 & 63 != 0) & (runs >> 12 & 63 != 0)]
    return found


class Gathering:
    """The summaries of a file that is written row group by row group, in the columns of the store of events."""

    def __init__(self) -> None:
        self._raw, self._values, self._one = Runs(), Runs(), Runs()
        self._columns: dict[str, np.ndarray | None] = {}
        self._empty: set[str] = set()
        self._anything = False

    def told(self, table: pa.Table) -> pa.Table:
        """The next row group, with the column that tells what its values hold."""
        import numpy as np
        import pyarrow as pa

        self._columns, self._empty, self._anything = {}, set(), False
        for name, chunked in zip(table.schema.names, table.columns, strict=True):
            if name == "_raw":
                for array in chunked.chunks:
                    self._raw.add(_whole(array))
            elif name == MORE or native_name(name, True) is not None:
                self._columns[name] = np.zeros(0, np.int64)
                if chunked.null_count == len(chunked):
                    self._empty.add(name)
                for array in chunked.chunks:
                    if array.null_count < len(array):
                        self._add(name, array if _is_dictionary(array) else array.dictionary_encode())
        columns = {name: Summary(*_bits(runs)) for name, runs in self._columns.items() if runs is not None}
        columns |= {name: Summary(0, np.zeros(0, np.uint8)) for name in self._empty}
        summary = self._values.summary(columns)
        self._values.clear()
        packed = [None if self._anything else summary.packed(), *[None] * (table.num_rows - 1)]
        return table.append_column(TOLD, pa.array(packed[: table.num_rows], pa.binary()))

    def _add(self, name: str, array: pa.Array) -> None:
        """The values of a column, each once."""
        import numpy as np

        held: Any = None
        if name == MORE or name.startswith(NESTED):
            if len(array.dictionary) > _MOST_NESTED:
                self._anything = True
                return
            values = Column(name, array, parsed=True).read(array.dictionary)
            held = "\0".join(text for value in values for text in _inside(value)).encode("utf-8", "replace")
        else:
            held = _whole(array.dictionary)
        known = self._columns[name]
        if known is None:
            self._values.add(held)
            return
        runs = self._one.told(held)
        self._values.put(runs)
        runs = np.union1d(known, runs[runs >> 18 != 0])
        self._columns[name] = runs if len(runs) <= _FEW else None

    def metadata(self) -> dict[bytes, bytes]:
        """What to write into the file's metadata."""
        return {RAW: base64.b64encode(self._raw.summary().packed())}


def _inside(value: Any) -> Iterator[str]:
    """All texts in a value, however deep and many: a path leads to any of them."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, list | tuple):
            left.extend(one)
        else:
            yield from texts(one)


def _is_dictionary(array: pa.Array) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(array.type))


def _whole(array: pa.Array) -> memoryview:
    """All texts of an array, as they lie in memory."""
    ends, held = bytes_of(array)
    return held[int(ends[0]) : int(ends[-1])]
