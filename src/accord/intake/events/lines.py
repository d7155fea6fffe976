"""Lines of a stream of bytes, each bounded: what is longer is told and passed over without being held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

TOO_LONG = None
_BEFORE = b"\xef \t\x1e"
Line = tuple[int, bytes | None]
"""A line's number, from 1, and the line without its end; None where it is too long."""


def lines(blocks: Iterable[bytes], longest: int) -> Iterator[Line]:
    """The lines of a stream that are not blank."""
    row, held, passing = 0, b"", False
    for block in blocks:
        parts = block.split(b"\n")
        if len(parts) == 1:
            if not passing:
                held += block
                if len(held) > longest:
                    held, passing = b"", True
            continue
        row += 1
        if passing:
            yield row, TOO_LONG
        else:
            yield from _line(row, held + parts[0], longest)
        passing = False
        for part in parts[1:-1]:
            row += 1
            yield from _line(row, part, longest)
        held = parts[-1]
        if len(held) > longest:
            held, passing = b"", True
    if passing:
        yield row + 1, TOO_LONG
    elif held:
        yield from _line(row + 1, held, longest)


def _line(row: int, line: bytes, longest: int) -> Iterator[Line]:
    if len(line) > longest:
        yield row, TOO_LONG
        return
    line = line.strip(b"\r\0") if line[:1] in b"\0\r" or line[-1:] in b"\0\r" else line
    if line and not line.isspace():
        yield row, line


def begun(line: bytes) -> bytes:
    """The line without what may stand before its first character: a byte order mark, blanks before JSON, and the
    mark of RFC 7464."""
    if not line or line[0] not in _BEFORE:
        return line
    found = line.removeprefix(b"\xef\xbb\xbf")
    rest = found.lstrip(b" \t\x1e")
    return rest if rest[:1] in (b"{", b"[") else found


def text_of(line: bytes) -> tuple[str, bool]:
    """The line as text, and whether it is UTF-8; else each byte is the character of that number (Latin-1)."""
    try:
        return line.decode(), True
    except UnicodeDecodeError:
        return line.decode("latin-1"), False
