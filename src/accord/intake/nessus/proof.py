"""Proves fast that a Nessus file can be read to its end, so that its findings may be stored while it is read.

The same parser as the reader's runs over the whole file without building anything (some 500 MB a second); beside it, on
another core, the bytes are looked through for what bounds a reading. Where anything is unusual (comments, CDATA, other
encodings, packed files, rows without a plugin, more rows than are read) there is no proof, and the file is read to its
end first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from accord.intake.records import IntakeError
from accord.intake.safe import text as clean
from accord.intake.safe.limits import Limits
from accord.intake.safe.prolog import prolog
from accord.intake.safe.source import HEAD, Source

BLOCK = 1 << 20
KEPT = 512
_BEFORE, _WORD = b'<tag name="', b"HOST_END"
_END = re.compile(rb'<tag name="HOST_END(_TIMESTAMP)?">([^<&]{1,60})</tag>')
_ENCODING = re.compile(rb'encoding\s*=\s*["\'](?!utf-8["\'])', re.IGNORECASE)
APART = 7 << 20


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of a whole file: when its last host was done, and at most how many targets and observations."""

    finished: datetime | None
    targets: int
    observations: int


def prove(stream: IO[bytes], name: str, limits: Limits | None = None) -> Proof | None:
    """The proof that this file is whole, None where there is none (it may still be). The stream is read to its end."""
    bounds = limits or Limits()
    head = stream.read(HEAD)
    if b"<NessusClientData_v2" not in head[:4096] or _ENCODING.search(head[:200]) or b"<!" in head[:4096]:
        return None
    try:
        prolog(Source(stream, bounds, name), head)  # type: ignore[arg-type]
    except IntakeError:
        return None
    found = _Counts()
    if not _is_well_formed(found.look(_blocks(head, stream)), found):
        return None
    items, hosts = found.items, found.hosts
    is_clear, finished = found.finished()
    if (
        found.unusual or not items or found.size > bounds.bytes or max(items, hosts) > bounds.observations
        or items - found.plugins > bounds.refusals or not is_clear
    ):  # fmt: skip
        return None
    return Proof(finished, hosts, items)


def _blocks(head: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    yield head
    while block := stream.read(BLOCK):
        yield block


def _is_well_formed(blocks: Iterator[bytes], counts: _Counts) -> bool:
    from lxml import etree

    class Unusual:
        """A target that is told of comments and instructions only: no tree is built."""

        def comment(self, _: str) -> None:
            counts.unusual = True

        def pi(self, *_: str) -> None:
            counts.unusual = True

        def close(self) -> None:
            return None

    options: dict[str, Any] = {
        "target": Unusual(),
        "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False,
    }  # fmt: skip
    parser = etree.XMLParser(**options)
    try:
        with ThreadPoolExecutor(1) as aside:  # libxml2 works without the lock of the interpreter
            fed: Future[None] | None = None
            for block in blocks:
                if fed is not None:
                    fed.result()
                fed = aside.submit(parser.feed, block)
            if fed is not None:
                fed.result()
            aside.submit(parser.close).result()
    except (etree.XMLSyntaxError, LookupError, UnicodeError, AssertionError, SystemError, MemoryError):
        return False
    return True


class _Counts:
    """What the bytes hold, looked for in each block with the end of the one before, so that no word is cut."""

    def __init__(self) -> None:
        self.size = self.items = self.hosts = self.plugins = self._ends = 0
        self.unusual = False
        self._told = [0, 0]
        self._seen: tuple[dict[bytes, datetime | None], dict[bytes, datetime | None]] = ({}, {})
        self._apart = 0

    def look(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same blocks, counted on their way; a block is looked at up to a `<`, the rest with the next one."""
        held = b""
        for block in blocks:
            self.size += len(block)
            held += block
            cut = held.rfind(b"<", 0, max(0, len(held) - KEPT))
            if cut > 0:
                self._count(held[:cut])
                held = held[cut:]
            yield block
        self._count(held)

    def _count(self, data: bytes) -> None:
        items = data.count(b"<ReportItem")
        self.items += items
        self.hosts += data.count(b"<ReportHost")
        self.plugins += data.count(b' pluginID="')
        self._apart = 0 if items else self._apart + len(data)
        self.unusual = self.unusual or self._apart > APART or b"<![CDATA[" in data
        at = data.find(_WORD)
        while at >= 0:
            self._ends += 1
            told = _END.match(data, max(0, at - len(_BEFORE)))
            if told is not None:
                self._end(bool(told[1]), told[2])
            at = data.find(_WORD, at + len(_WORD))

    def _end(self, is_stamp: bool, text: bytes) -> None:
        self._told[is_stamp] += 1
        if text not in self._seen[is_stamp]:
            self._seen[is_stamp][text] = clean.when(text.decode("utf-8", "replace"))

    def finished(self) -> tuple[bool, datetime | None]:
        """Whether the bytes tell when the last host was done, and when; a stamp counts before a text, as in reading."""
        plain, stamps = self._told
        clear = plain + stamps == self._ends and (not stamps or not plain or stamps == plain)
        ends = self._seen[bool(stamps)].values()
        clear = clear and (not stamps or None not in ends)
        return clear, max((at for at in ends if at is not None), default=None)
