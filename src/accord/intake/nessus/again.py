"""Items of a Nessus report that say byte for byte what an earlier one said, told apart before they are parsed.

A scanner repeats the words of a plugin for every host. The first item of a plugin goes through the XML parser; a later
one that differs in nothing but port, protocol, service and output needs no tree: what the parser does not see
is either the same bytes that it has accepted at the same place, or an output that is looked through here for what XML
forbids. Everything else, and every item after a comment, a CDATA section or another instruction, goes to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

from accord.intake.safe.prolog import prolog, without_doctype
from accord.intake.safe.source import Reader
from accord.intake.safe.xml_reader import OPTIONS, refusal, unreadable

_OPENED, _CLOSED = b"<ReportItem ", b"</ReportItem>"
_OUTPUT, _OUTPUT_END = b"<plugin_output>", b"</plugin_output>"
_START = re.compile(
    rb'<ReportItem port="([^"<&\x00-\x1f\x80-\xff]{0,20})" svc_name="([^"<&\x00-\x1f\x80-\xff]{0,100})" '
    rb'protocol="([^"<&\x00-\x1f\x80-\xff]{0,20})"( severity="[^"<&]{0,20}" pluginID="[0-9]{1,12}" [^<>]{0,2000}>)'
)
_SIGN = re.compile(r"&(?:lt|gt|amp|quot|apos);")
_OPENING = re.compile(rb'<\?xml version="1\.0"(?: encoding="(?i:utf-8)")? ?\?>')
_SIGNS = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))
KEPT = 10_000
KEPT_BYTES = 40_000_000
LONGEST = 1 << 20


class Item(NamedTuple):
    """An item that needs no tree: the fields of its plugin, what its output says, and its place."""

    fields: dict[str, Any]
    output: str | None
    port: str
    service: str
    protocol: str


class Repeats:
    """Gives what a parser yields, and `Item`s in place of elements that repeat an earlier one.

    The caller says by `learn`, while it has a ReportItem, what the plugin says of itself.
    """

    def __init__(self, reader: Reader, tags: Sequence[str]) -> None:
        self._reader, self._tags = reader, tuple(tags)
        self._known: dict[bytes, tuple[bytes, bytes, dict[str, Any]]] = {}
        self._held = 0
        self._item: tuple[bytes, bytes, bytes] | None = None
        self._usual = True
        self._beside = False
        self._lines = 0

    def learn(self, fields: dict[str, Any], has_output: bool) -> None:
        """The element that was given last is an item whose plugin says this, whatever its port and output."""
        if self._item is None or has_output != bool(self._item[2]):
            return
        key, before, after = self._item
        self._held += len(before) + len(after)
        if len(self._known) >= KEPT or self._held > KEPT_BYTES:
            self._known.clear()
            self._held = len(before) + len(after)
        self._known[key] = before, after, fields
        self._item = None

    def events(self) -> Iterator[tuple[str, Any]]:
        """("start" | "end", element) for the named tags, and ("again", `Item`), in the order of the file."""
        from lxml import etree

        parser = etree.XMLPullParser(events=("start", "end"), tag=self._tags, **OPTIONS)
        try:
            yield from self._walk(parser, parser.read_events())
        except etree.XMLSyntaxError as error:
            raise refusal(self._reader.source, error, self._lines) from None
        except (LookupError, UnicodeError, AssertionError, SystemError, MemoryError) as error:
            raise unreadable(self._reader.source, error) from None

    def _walk(self, parser: Any, found: Any) -> Iterator[tuple[str, Any]]:
        reader = self._reader
        prolog(reader.source, reader.head())
        reader.put(without_doctype(reader.head()))
        held = reader.read()
        opening = _OPENING.match(held)
        if opening is None:
            self._usual = False
        else:
            parser.feed(opening.group())
            held = held[opening.end() :]
        while held:
            self._usual = self._usual and not (_opens(held, b"!") or _opens(held, b"?") or b"xmlns=" in held)
            if self._usual:
                rest = yield from self._cut(held, parser, found)
            else:
                parser.feed(held)
                yield from found
                rest = b""
            block = reader.read()
            if rest and not block:
                parser.feed(rest)
                yield from found
                break
            held = rest + block
        parser.close()
        yield from found

    def _cut(self, data: bytes, parser: Any, found: Any) -> Generator[tuple[str, Any], None, bytes]:
        """Go through a block item by item; returns what has to be looked at with the next block."""
        at, size = 0, len(data)
        while True:
            start = data.find(_OPENED, at)
            between = data[at : start if start >= 0 else max(at, data.rfind(b"<", at))]
            if between:
                self._pass(between)
                parser.feed(between)
                yield from found
            if start < 0:
                return data[at + len(between) :]
            told = _START.match(data, start)
            if told is not None and self._beside:
                at = yield from self._repeated(data, start, told)
                if at != start:
                    continue
            end = data.find(_CLOSED, start)
            if end < 0:
                if size - start < LONGEST:
                    return data[start:]
                self._usual = False
                parser.feed(data[start:])
                yield from found
                return b""
            at = end + len(_CLOSED)
            is_one = data.find(b"<ReportItem", start + 1, at) < 0
            self._item = _shape(data, start, at, told) if told is not None and is_one else None
            parser.feed(data[start:at])
            yield from found
            self._item, self._beside = None, is_one

    def _pass(self, between: bytes) -> None:
        """Bytes outside items: an item is where items are after another one, or after the properties of its host."""
        if not between.isspace():
            self._beside = between.rstrip().endswith(b"</HostProperties>")

    def _repeated(self, data: bytes, start: int, told: re.Match[bytes]) -> Generator[tuple[str, Any], None, int]:
        """Give the item at `start`, if it repeats a known one; returns where it ends, else `start`."""
        known = self._known.get(told.group(4))
        if known is None:
            return start
        before, after, fields = known
        begun = told.end()
        if not data.startswith(before, begun):
            return start
        at, output = begun + len(before), None
        if after:
            end = data.find(b"<", at)
            if end < 0 or not data.startswith(after, end):
                return start
            output = _text(data[at:end])
            if output is None:
                return start
            at = end + len(after)
        port, service, protocol, _ = told.groups()
        self._lines += data.count(b"\n", start, at)
        yield "again", Item(fields, output, port.decode(), service.decode(), protocol.decode())
        return at


def _shape(data: bytes, start: int, end: int, told: re.Match[bytes]) -> tuple[bytes, bytes, bytes] | None:
    """The bytes of an item by which a repetition is known: (attributes of the plugin, before, from the output on)."""
    begun = told.end()
    if told.group(4).endswith(b"/>") or data.find(b"cm:", begun, end) >= 0:
        return None
    output = data.find(_OUTPUT, begun, end)
    if output < 0:
        return None if data.find(b"plugin_output", begun, end) >= 0 else (told.group(4), data[begun:end], b"")
    close = data.find(b"<", output + len(_OUTPUT), end)
    if not data.startswith(_OUTPUT_END, close) or data.count(b"plugin_output", begun, end) != 2:
        return None
    return told.group(4), data[begun : output + len(_OUTPUT)], data[close:end]


def _opens(data: bytes, sign: bytes) -> bool:
    """Whether `<` and this sign follow each other: a comment or CDATA section (!), an instruction (?)."""
    at = data.find(sign)
    while at >= 0:
        if data[at - 1 : at] == b"<":
            return True
        at = data.find(sign, at + 1)
    return False


def _text(data: bytes) -> str | None:
    """What an XML parser makes of these bytes between two tags; None where only it can say."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if "]]>" in text or not text.replace("\n", "").replace("\t", "").isprintable():
        return None
    if "&" in text:
        if text.count("&") != len(_SIGN.findall(text)):
            return None
        for sign, letter in _SIGNS:
            text = text.replace(sign, letter)
    return text
