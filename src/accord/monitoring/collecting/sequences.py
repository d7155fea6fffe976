"""Which messages of a JetStream consumer are on disk already: ranges of stream sequences, kept in the spool itself.

JetStream delivers a message again until it is acknowledged, and a kill may come between the disk and the
acknowledgement. The frame that holds the records of messages also holds their sequences, so after any kill it is
known which of them are there. A sequence names one message as long as its consumer lives (`identity`: stream,
consumer, and when that was made; a stream that is made anew has new consumers). Below the consumer's acknowledgement
floor nothing comes again, so what is kept stays small.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from typing import Any

from accord.monitoring.collecting.frames import Frame
from accord.monitoring.collecting.spool import CHECKPOINT

MARK = "sequences"
MOST = 20_000
"""Ranges that are kept of a consumer; beyond, the oldest go."""
Range = tuple[int, int]


def ranges_of(numbers: Iterable[int]) -> list[Range]:
    """The numbers as (first, last) of each run, in order."""
    found: list[Range] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = found[-1][0], number
        else:
            found.append((number, number))
    return found


class Sequences:
    """The sequences of one source that are on disk, of the consumer that it had last."""

    def __init__(self) -> None:
        self.identity = ""
        self._first: list[int] = []
        self._last: list[int] = []

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._first, number) - 1
        return place >= 0 and number <= self._last[place]

    def __len__(self) -> int:
        """The number of ranges."""
        return len(self._first)

    def begin(self, identity: str, floor: int) -> None:
        """A session with a consumer begins: of another one than before nothing is known."""
        if identity != self.identity:
            self.identity, self._first, self._last = identity, [], []
        self.forget(floor)

    def forget(self, floor: int) -> None:
        """All up to `floor` were acknowledged and do not come again."""
        place = bisect_right(self._last, floor)
        del self._first[:place], self._last[:place]

    def add(self, first: int, last: int) -> None:
        """These are on disk, with all between."""
        begin = bisect_left(self._last, first - 1)
        end = bisect_right(self._first, last + 1)
        if begin < end:
            first, last = min(first, self._first[begin]), max(last, self._last[end - 1])
        self._first[begin:end], self._last[begin:end] = [first], [last]
        if len(self._first) > MOST:
            del self._first[:-MOST], self._last[:-MOST]

    def mark(self, numbers: Iterable[int]) -> dict[str, Any]:
        """What the frame of these messages carries."""
        return {MARK: [[self.identity, first, last] for first, last in ranges_of(numbers)]}

    def state(self) -> dict[str, Any]:
        """What the first frame of a segment carries."""
        held = [[self.identity, *one] for one in zip(self._first, self._last, strict=True)]
        return {MARK: held} if held else {}

    def take_up(self, frame: Frame) -> None:
        """What one frame of an earlier run tells."""
        carried: Mapping[str, Any] = frame.mark.get(CHECKPOINT) or {}
        for identity, first, last in [*carried.get(MARK, ()), *frame.mark.get(MARK, ())]:
            if identity != self.identity:
                self.begin(str(identity), 0)
            self.add(int(first), int(last))
