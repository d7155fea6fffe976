"""All questions to one field, answered in one pass over a value: the bits of the atoms that are true."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from accord.engines.sigma.expressions import Expressions, words_in
from accord.engines.sigma.tree import Atom
from accord.engines.sigma.values import SCANNED, number

ADDRESS = frozenset("0123456789abcdefABCDEF.:")
LONGEST_ADDRESS = 45
Verify = Callable[[str, str], bool]
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "equals": operator.eq, "lt": operator.lt, "lte": operator.le, "gt": operator.gt, "gte": operator.ge,
}  # fmt: skip


_PATIENCE = 5_000
"""Characters for each word that are looked through by the automaton before Hyperscan is: it takes 20 to 40 µs to
compile a word, and then looks through long values up to twenty times as fast."""


class _Word:
    """A word that is looked for in values: what is true where it is there, and what may be."""

    __slots__ = ("checks", "mask")

    def __init__(self) -> None:
        self.mask = 0
        self.checks: list[tuple[Verify, int]] = []


class _Beginnings:
    """Texts with which a value may begin, as a trie: what is true follows from how far the value leads into it."""

    __slots__ = ("_far", "_known", "_table", "back")

    def __init__(self, table: dict[str, int]) -> None:
        import ahocorasick

        self._table = table
        trie = ahocorasick.Automaton()
        for text in table:
            trie.add_word(text, True)
        self._far = trie.longest_prefix
        self._known: dict[str, int] = {}
        self.back = -1 - max(map(len, table))
        """Where a value's end begins that may matter, for texts that are written backwards."""

    def of(self, text: str) -> int:
        """The bits of all texts with which this one begins."""
        path = text[: self._far(text)]
        found = self._known.get(path)
        if found is None:
            table = self._table
            found = self._known[path] = sum(table.get(path[:size], 0) for size in range(len(path) + 1))
        return found


def _automaton(words: Mapping[str, _Word]) -> Any:
    if not words:
        return None
    import ahocorasick

    automaton = ahocorasick.Automaton()
    for text, word in words.items():
        automaton.add_word(text, word)
    automaton.make_automaton()
    return automaton


class FieldMatcher:
    """The atoms of one field, each with its bit. `mask` gives the bits that are true for the values of an event."""

    def __init__(self, atoms: Iterable[tuple[Atom, int, int]], expressions: Expressions) -> None:
        self.null = self.exists = 0
        self._exact: dict[str, int] = {}
        self._exact_cased: dict[str, int] = {}
        starts: dict[str, int] = {}
        ends: dict[str, int] = {}
        self._plain = {"startswith": starts, "endswith": ends}
        self._words: dict[str, _Word] = {}
        self._checks: list[tuple[Verify, int]] = []
        self._networks: list[tuple[Any, int]] = []
        self._compare: list[tuple[Callable[[float, float], bool], float, int]] = []
        self._times: list[tuple[str, Callable[[float, float], bool], float, int]] = []
        self._regexes: dict[int, int] = {}
        field = None
        for atom, number_, bit in atoms:
            field = atom.field
            self._add(atom, number_, 1 << bit)
        self._starts = _Beginnings(starts) if starts else None
        self._ends = _Beginnings(ends) if ends else None
        self._found = _automaton(self._words)
        self._patience = 50_000 + _PATIENCE * len(self._words)
        self._scan: Callable[[str], Iterable[_Word]] | None = None
        self._scanner = expressions.scanner(field) if self._regexes else None

    def _add(self, atom: Atom, number_: int, mask: int) -> None:
        match atom.op:
            case "null":
                self.null |= mask
            case "exists":
                self.exists |= mask
            case "equals":
                table = self._exact_cased if atom.cased else self._exact
                table[atom.value] = table.get(atom.value, 0) | mask
            case "contains" | "startswith" | "endswith" | "like":
                self._add_text(atom, mask)
            case "regex":
                self._regexes[number_] = mask
            case "cidr":
                self._networks.append((atom.value, mask))
            case "timepart":
                part, op, limit = atom.value
                self._times.append((part, _COMPARE[op], limit, mask))
            case _:
                self._compare.append((_COMPARE[atom.op], atom.value, mask))

    def _add_text(self, atom: Atom, mask: int) -> None:
        """Beginnings and ends by tables; the rest by a word that must be there, verified where that is not all."""
        value = atom.value
        if not atom.cased and atom.op in self._plain:
            table = self._plain[atom.op]
            ordered = value if atom.op == "startswith" else value[::-1]
            table[ordered] = table.get(ordered, 0) | mask
        elif not atom.cased and atom.op == "contains":
            self._words.setdefault(value, _Word()).mask |= mask
        else:
            parts = {"contains": (None, value, None), "startswith": (value, None), "endswith": (None, value)}
            wanted = parts.get(atom.op, value)
            longest = max((part.lower() for part in wanted if isinstance(part, str)), key=len, default="")
            checks = self._words.setdefault(longest, _Word()).checks if longest else self._checks
            checks.append((like(wanted, atom.cased), mask))

    def mask(self, texts: Sequence[str]) -> int:
        """The bits that are true; `texts` is empty for a field that is not there."""
        if not texts:
            return self.null
        found = 0
        for text in texts:
            if len(text) > SCANNED:
                text = text[:SCANNED]
            found |= self.of(text, text.lower())
        return found

    def of(self, text: str, lower: str) -> int:
        """The bits that are true for one text, which is also told in lower case; both as far as they are looked at."""
        found = self.exists | self._exact.get(lower, 0)
        if self._exact_cased:
            found |= self._exact_cased.get(text, 0)
        if self._starts is not None:
            found |= self._starts.of(lower)
        if self._ends is not None:
            found |= self._ends.of(lower[: self._ends.back : -1])
        if self._found is not None:
            found |= self._containing(text, lower)
        for verify, mask in self._checks:
            if verify(text, lower):
                found |= mask
        if self._scanner is not None:
            for number_ in self._scanner(text):
                found |= self._regexes.get(number_, 0)
        if self._networks:
            found |= self._inside(text)
        if self._compare or self._times:
            found |= self._measure(text)
        return found

    def _containing(self, text: str, lower: str) -> int:
        """Each word counts once, however often it is there."""
        found = 0
        for word in self._scan(lower) if self._scan is not None else self._walk(lower):
            found |= word.mask
            for verify, mask in word.checks:
                if verify(text, lower):
                    found |= mask
        return found

    def _walk(self, lower: str) -> Iterable[_Word]:
        self._patience -= len(lower)
        if self._patience < 0:
            self._scan, self._patience = words_in(self._words), 1 << 62
        return {word for _, word in self._found.iter(lower)}

    def _inside(self, text: str) -> int:
        if len(text) > LONGEST_ADDRESS or not ADDRESS.issuperset(text):
            return 0
        try:
            address = ip_address(text)
        except ValueError:
            return 0
        mapped = getattr(address, "ipv4_mapped", None) or address
        found = 0
        for network, mask in self._networks:
            if mapped.version == network.version and mapped in network:
                found |= mask
        return found

    def _measure(self, text: str) -> int:
        found = 0
        value = number(text)
        if value is not None:
            for compare, limit, mask in self._compare:
                if compare(value, limit):
                    found |= mask
        if self._times:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return found
            for part, compare, limit, mask in self._times:
                if compare(time_part(moment, part), limit):
                    found |= mask
        return found


def time_part(moment: datetime, part: str) -> int:
    """One part of a moment, as the specification's time modifiers name them (in the zone that the event tells)."""
    return moment.isocalendar().week if part == "week" else int(getattr(moment, part))


def like(parts: Sequence[Any], cased: bool) -> Callable[[str, str], bool]:
    """A check of (text, lower-case text) against text, "*" (None) and "?" (1); linear in the text for each piece."""
    pieces: list[list[str | int]] = [[]]
    for part in parts:
        if part is None:
            pieces.append([])
        else:
            pieces[-1].append(part)
    fixed = [_piece(piece) for piece in pieces]

    def verify(text: str, lower: str) -> bool:
        body = text if cased else lower
        if len(fixed) == 1:
            return len(body) == fixed[0][0] and _at(body, 0, fixed[0][1])
        length, runs = fixed[0]
        if not _at(body, 0, runs):
            return False
        at = length
        tail, tail_runs = fixed[-1]
        for size, inner in fixed[1:-1]:
            at = _find(body, at, size, inner)
            if at < 0:
                return False
        return len(body) - tail >= at and _at(body, len(body) - tail, tail_runs)

    return verify


def _piece(piece: Sequence[str | int]) -> tuple[int, list[tuple[int, str]]]:
    """The length of a piece without "*", and its runs of text with their places in it."""
    at, runs = 0, []
    for part in piece:
        if isinstance(part, str):
            runs.append((at, part))
            at += len(part)
        else:
            at += 1
    return at, runs


def _at(text: str, place: int, runs: Sequence[tuple[int, str]]) -> bool:
    if place < 0:
        return False
    for offset, run in runs:  # noqa: SIM110 - twice as fast as all()
        if not text.startswith(run, place + offset):
            return False
    return True


def _find(text: str, start: int, size: int, runs: Sequence[tuple[int, str]]) -> int:
    """The end of the first place from `start` on at which a piece fits, -1 without one."""
    if not runs:
        return start + size if start + size <= len(text) else -1
    offset, first = runs[0]
    at = text.find(first, start + offset)
    while at >= 0:
        begin = at - offset
        if begin + size > len(text):
            return -1
        if _at(text, begin, runs):
            return begin + size
        at = text.find(first, at + 1)
    return -1


def references(mine: Sequence[str], others: Sequence[str], op: str) -> bool:
    """An atom that compares two fields of one event; their texts are in lower case."""
    match op:
        case "field_startswith":
            return any(a.startswith(b) for a in mine for b in others)
        case "field_endswith":
            return any(a.endswith(b) for a in mine for b in others)
        case "field_contains":
            return any(b in a for a in mine for b in others)
    return any(a == b for a in mine for b in others)
