"""Windows event log files (EVTX), read with the `evtx` wheel; fields stand as in Windows JSON.

Damaged records and chunks are told and passed over. A file that ends within a chunk is read up to there.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from accord.intake.events.base import Bounds, Refused

MAGIC = b"ElfFile\x00"
HEADER, CHUNK = 4096, 65536
MOST_FAULTS = 10_000
"""Faults after which a file is given up."""
Record = tuple[int, bytes | None, str]
"""A record's number, its JSON, or why there is none."""


def records(stream: BinaryIO, bounds: Bounds, at: Callable[[int], None] | None = None) -> Iterator[Record]:
    """The records of an EVTX file as JSON. Refused where it is none at all.

    `at` is told how many bytes lie behind.
    """
    from evtx import PyEvtxParser

    size = stream.seek(0, 2)
    whole = HEADER + max(0, size - HEADER) // CHUNK * CHUNK
    counted = _Padded(stream, size, whole + CHUNK if size > whole else max(whole, HEADER))
    try:
        parser = PyEvtxParser(counted, number_of_threads=1)
        found = parser.records_json()
    except Exception as error:
        raise Refused(f"It is no whole EVTX file ({_short(error)}).") from None
    row = faults = 0
    while True:
        try:
            record: Any = next(found)
        except StopIteration:
            break
        except Exception as error:
            row, faults = row + 1, faults + 1
            yield row, None, f"Damaged: {_short(error)}."
            if faults >= MOST_FAULTS:
                yield row, None, f"The file is given up after {MOST_FAULTS:,} faults."
                return
            continue
        except BaseException as error:  # a panic of the wheel's own language is no Exception
            if isinstance(error, KeyboardInterrupt | SystemExit | GeneratorExit):
                raise
            yield row + 1, None, f"The file is given up here: {_short(error)}."
            return
        row += 1
        if at is not None:
            at(min(counted.position, size))
        data = record.get("data")
        text = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else b""
        if not text or len(text) > bounds.record:
            yield row, None, "Its JSON is larger than allowed." if text else "It is empty."
            continue
        yield row, text, ""
    if size > whole:
        yield row + 1, None, "The file ends within a chunk; what follows there is missing."


class _Padded(io.RawIOBase):
    """A file with zeros behind it, so that a last chunk that is cut off is still looked at."""

    def __init__(self, stream: BinaryIO, size: int, padded: int) -> None:
        self._stream, self._size, self._padded, self.position = stream, size, padded, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = 0) -> int:
        base = (0, self.position, self._padded)[whence]
        self.position = max(0, base + offset)
        return self.position

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._padded - self.position)
        size = left if size < 0 else min(size, left)
        data = b""
        if self.position < self._size:
            self._stream.seek(self.position)
            data = self._stream.read(size)
        data += bytes(size - len(data))
        self.position += len(data)
        return data


def _short(error: BaseException) -> str:
    words = (str(error).splitlines() or [""])[0] or type(error).__name__
    return words[:200].rstrip(".")
