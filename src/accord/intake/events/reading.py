"""Files → events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from accord.intake.events import evtx, purview
from accord.intake.events.base import Assumed, Bounds, Event, LogSource, Refused, Tally
from accord.intake.events.documents import is_lines, objects
from accord.intake.events.lines import lines
from accord.intake.events.opening import Opened
from accord.intake.events.parser import Parser
from accord.intake.events.windows import flattened
from accord.intake.records import IntakeError

LOOKED_AT = 40
"""Lines by which a text is judged to be a log or not."""
Told = Callable[[int], None]


class NotLogs(IntakeError):
    """The content is of no log that is read."""


def read_events(
    origin: Path | str | BinaryIO, tally: Tally, *, name: str | None = None, bounds: Bounds | None = None,
    assumed: Assumed | None = None, source: LogSource | None = None, at: Told | None = None,
) -> Iterator[Event]:  # fmt: skip
    """The events of a log, streamed; what cannot be read is counted in `tally`.

    `name` is what messages and events call it (else its file's name), `source` the log source of JSON that is of no
    known log, `at` is told now and then how many bytes of the file lie behind. NotLogs where the content is no log
    at all, before the first event; IntakeError where it cannot be opened.
    """
    bounds = bounds or Bounds()
    with ExitStack() as stack:
        if isinstance(origin, str | Path):
            path = Path(origin)
            name = name or path.name
            try:
                stream: BinaryIO = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise IntakeError(
                    name, None, None, f"It cannot be opened ({error.strerror}).", "Check its name and rights."
                ) from None
        else:
            stream, name = origin, name or "stream"
        parser = Parser(name, tally, bounds, assumed, source, derived=True)
        yield from _within(_events(stream, parser, at), parser, bounds)


def _within(events: Iterator[Event], parser: Parser, bounds: Bounds) -> Iterator[Event]:
    if bounds.seconds is None:
        yield from events
        return
    until = time.monotonic() + bounds.seconds
    for event in events:
        yield event
        if time.monotonic() > until:
            parser.malformed(event.row, f"The reading was ended after {bounds.seconds:g} seconds.")
            return


def detect(origin: Path | str | BinaryIO) -> str:
    """The name of the format of a log's first event. NotLogs where there is none."""
    for event in read_events(origin, Tally()):
        return event.format
    raise NotLogs(str(origin), None, None, "It holds no event.", "See `accord watch --help` for what is read.")


def _events(stream: BinaryIO, parser: Parser, at: Told | None) -> Iterator[Event]:
    if _can_go_back(stream):
        stream.seek(0)
        magic = stream.read(len(evtx.MAGIC))
        stream.seek(0)
        if magic == evtx.MAGIC:
            yield from _evtx(stream, parser, at)
            return
    opened = Opened(stream, parser.name, parser.bounds)
    tell = at or (lambda position: None)
    head = opened.head.lstrip(b" \t\r\n\0\x1e")
    if not head:
        if opened.problem:
            parser.malformed(0, opened.problem)
        return
    if head.startswith((b"{", b"[{", b"[ ", b"[\t", b"[\n", b"[\r", b"[]")):
        found = _json(opened, head, parser, tell)
    elif purview.recognizes(head):
        found = _rows(opened, parser, tell)
    else:
        if not _is_log(head, parser):
            raise NotLogs(
                parser.name, None, None, "The content is of no log that Accord reads.", "See docs/formats.md, Logs."
            )
        found = _lines(opened, parser, tell)
    yield from found
    if opened.problem:
        parser.malformed(0, opened.problem)


def _can_go_back(stream: BinaryIO) -> bool:
    try:
        return stream.seekable()
    except (AttributeError, ValueError):
        return False


def _json(opened: Opened, head: bytes, parser: Parser, tell: Told) -> Iterator[Event]:
    if head.startswith(b"{") and is_lines(head):
        yield from _lines(opened, parser, tell)
        return
    longest, number = parser.bounds.record, 0
    try:
        for number, raw in objects(opened.blocks(), longest):
            if raw is None:
                parser.malformed(number, f"The object is longer than {longest:,} bytes, or never ends.")
                continue
            yield from parser.document(raw, number)
            tell(opened.position)
    except Refused as why:
        parser.malformed(number + 1, str(why))


def _lines(opened: Opened, parser: Parser, tell: Told) -> Iterator[Event]:
    longest, row = parser.bounds.record, 0
    for row, raw in lines(opened.blocks(), longest):
        if raw is None:
            parser.malformed(row, f"The line is longer than {longest:,} bytes.")
        else:
            yield from parser.line(raw, row)
        if not row & 1023:
            tell(opened.position)
    yield from parser.finish(row)


def _rows(opened: Opened, parser: Parser, tell: Told) -> Iterator[Event]:
    for row, raw in purview.rows(opened.blocks(), parser.bounds):
        if raw is None:
            parser.malformed(row, "The row has no AuditData.")
        else:
            yield from parser.document(raw, row)
        tell(opened.position)


def _is_log(head: bytes, parser: Parser) -> bool:
    """Whether at least half of the first lines are of some log."""
    seen = known = 0
    for _, line in lines((head,), parser.bounds.record):
        if line is None:
            continue
        seen += 1
        known += parser.knows(line)
        if line.startswith((b"#separator ", b"#fields\t")):
            return True
        if seen >= LOOKED_AT:
            break
    return known * 2 >= seen > 0 and known > 0


def _evtx(stream: BinaryIO, parser: Parser, at: Told | None) -> Iterator[Event]:
    from accord.intake.events.documents import parse

    try:
        for row, raw, problem in evtx.records(stream, parser.bounds, at):
            if raw is None:
                parser.malformed(row, problem)
                continue
            try:
                event = parse(raw, parser.bounds)["Event"]
                read = flattened(event, parser.tally.note)
            except (Refused, KeyError, TypeError, ValueError, AttributeError) as error:
                why = str(error) if isinstance(error, Refused) else f"It is no event ({type(error).__name__})."
                parser.malformed(row, why, raw)
                continue
            yield parser.flat("evtx", read, raw, row)
    except Refused as why:
        parser.malformed(0, str(why))
