"""Regular expressions and literals by Hyperscan: many at once, in time linear in the text, whatever the text is.

Compiling takes long, so that the databases of a program are made once, kept as bytes and loaded when a field is asked.
"""

from __future__ import annotations

import re
import re._parser as _parser  # type: ignore[import-not-found]
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from accord.engines.sigma.tree import Atom, Atoms

Held = TypeVar("Held")
_SEARCHES = 1000
"""Sets of words of which the databases are kept."""
_AT_ONCE = 1 << 26
"""Bytes of texts that are looked through in one go."""
LARGEST = 20_000
"""Places that an expression may have with its repetitions written out; those of the public rules have some hundred."""


def hyperscan_flags(flags: str) -> int:
    """Sigma's flags (i, m, d) for Hyperscan; one report per text, characters as UTF-8."""
    import hyperscan

    found = hyperscan.HS_FLAG_SINGLEMATCH | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_ALLOWEMPTY
    for letter, flag in (
        ("i", hyperscan.HS_FLAG_CASELESS), ("m", hyperscan.HS_FLAG_MULTILINE), ("d", hyperscan.HS_FLAG_DOTALL),
    ):  # fmt: skip
        if letter in flags:
            found |= flag
    return int(found)


def refusal(pattern: str, why: str) -> str:
    """What is told of an expression that is not run."""
    return f"The expression /{pattern[:80]}/ is refused: {why}"


def malformed(pattern: str) -> str:
    """Why an expression is not even tried: it is none, or so large that compiling it takes long. "" where it is."""
    try:
        re.compile(pattern)
        size = _size(_parser.parse(pattern))
        pattern.encode()
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        return f"it is not valid ({str(error)[:120]})."
    return f"it is too large ({size:,} places, {LARGEST:,} are allowed)." if size > LARGEST else ""


def _size(parsed: Iterable[Any]) -> int:
    """Places of an expression with bounded repetitions written out."""
    total = 0
    for op, argument in parsed:
        name = str(op)
        if name.endswith("_REPEAT"):
            least, most, inner = argument
            times = most if most is not _parser.MAXREPEAT else least + 1
            total += max(1, int(times)) * _size(inner)
        elif name == "BRANCH":
            total += sum(_size(one) for one in argument[1])
        elif name == "SUBPATTERN":
            total += _size(argument[-1])
        elif name == "ATOMIC_GROUP":
            total += _size(argument)
        else:
            total += 1
        if total > 100 * LARGEST:
            return total
    return total


def compiled(atoms: Atoms) -> tuple[dict[str | None, bytes], dict[int, str]]:
    """For each field with expressions, all of them in one database; the number of a report is that of the atom.

    And the numbers of those that Hyperscan refuses (they need backtracking or are too large), with the reason.
    """
    import hyperscan

    held: dict[str | None, list[tuple[int, Atom]]] = {}
    for number, atom in enumerate(atoms.rows):
        if atom.op == "regex":
            held.setdefault(atom.field, []).append((number, atom))
    found: dict[str | None, bytes] = {}
    refused: dict[int, str] = {}
    for field, rows in held.items():
        try:
            database = _database(rows)
        except (hyperscan.error, ValueError):
            sound = []
            for row in rows:
                why = _refused(row)
                if why:
                    refused[row[0]] = refusal(row[1].value[0], why)
                else:
                    sound.append(row)
            if not sound:
                continue
            database = _database(sound)
        found[field] = hyperscan.dumpb(database)
    return found, refused


def _refused(row: tuple[int, Atom]) -> str:
    import hyperscan

    try:
        _database([row])
    except (hyperscan.error, ValueError) as error:
        return f"it needs backtracking or is too large ({str(error)[:120]})."
    return ""


def _database(rows: Sequence[tuple[int, Atom]]) -> Any:
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[atom.value[0].encode() for _, atom in rows],
        ids=[number for number, _ in rows],
        flags=[hyperscan_flags(atom.value[1]) for _, atom in rows],
    )
    return database


class Expressions:
    """The databases of one program, loaded when they are asked for."""

    def __init__(self, databases: Mapping[str | None, bytes]) -> None:
        self._bytes = databases
        self._loaded: dict[str | None, Any] = {}
        self.guesses: dict[int, float | None] = {}
        """How rare plans guess atoms to be, by their numbers: each is guessed once."""
        self._searches: dict[frozenset[str], tuple[Callable[[bytes], bool], Callable[[Any], Any]]] = {}

    def scanner(self, field: str | None) -> Callable[[str], list[int]]:
        """A function from a text to the numbers of the atoms of that field whose expressions it holds."""
        import hyperscan

        database = self._loaded.get(field)
        if database is None:
            database = self._loaded[field] = hyperscan.loadb(self._bytes[field], hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        return _scanner(database)

    def searches(self, words: frozenset[str]) -> tuple[Callable[[bytes], bool], Callable[[Any], Any]]:
        """`any_of` and `places_of` these words; classes of events that ask for the same words share them."""
        found = self._searches.get(words)
        if found is None:
            if len(self._searches) >= _SEARCHES:
                self._searches.clear()
            found = self._searches[words] = any_of(words), places_of(words)
        return found

    def alone(self, rows: Sequence[tuple[int, Atom]]) -> Callable[[str], list[int]]:
        """The same for these atoms only."""
        return _scanner(_database(rows))


def _scanner(database: Any) -> Callable[[str], list[int]]:
    def scan(text: str) -> list[int]:
        hits: list[int] = []
        database.scan(text.encode("utf-8", "replace"), match_event_handler=lambda number, *_: hits.append(number))
        return hits

    return scan


def any_of(words: Iterable[str]) -> Callable[[bytes], bool]:
    """Whether bytes may hold any of these words, in any case: True too often, never too seldom.

    The bytes are text as UTF-8, or JSON, where a letter may be written as an escape: then the answer is True.
    """
    import hyperscan

    database = _literals(words, hyperscan.HS_FLAG_SINGLEMATCH)
    found: list[bool] = []

    def note(*_: object) -> bool:
        found.append(True)
        return True  # enough is known: stop

    def scan(text: bytes) -> bool:
        found.clear()
        try:
            database.scan(text, match_event_handler=note)
        except hyperscan.ScanTerminated:
            return True
        return bool(found)

    return scan


def words_in(words: Mapping[str, Held]) -> Callable[[str], list[Held]] | None:
    """From a text to what is held under each of these words that is in it, each once; None where one is too long."""
    import hyperscan

    held = list(words.values())
    found: list[Held] = []
    database = hyperscan.Database()
    try:
        database.compile(
            expressions=[_spelled(word.encode("utf-8", "surrogatepass")) for word in words],
            ids=list(range(len(held))), flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(held),
        )  # fmt: skip
    except hyperscan.error:
        return None

    def note(number: int, *_: object) -> None:
        found.append(held[number])

    def scan(text: str) -> list[Held]:
        found.clear()
        database.scan(text.encode("utf-8", "surrogatepass"), match_event_handler=note)
        return found

    return scan


def _spelled(word: bytes) -> bytes:
    return "".join(f"\\x{byte:02x}" for byte in word).encode()


def _literals(words: Iterable[str], flags: int) -> Any:
    """These words in any case, or an escape of JSON that may hide one."""
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[rb"\\u00", *(_written(word) for word in sorted(set(words)))],
        flags=flags | hyperscan.HS_FLAG_CASELESS,
    )
    return database


def _written(word: str) -> bytes:
    return "".join(f"\\x{ord(letter):02x}" for letter in word).encode()


def places_of(words: Iterable[str]) -> Callable[[Any], Any]:
    """From an Arrow array of texts to the places, in order, of those that may hold any of these words.

    All texts lie one after the other in memory and are looked through in one go; what stands across the border of two
    texts only makes one of them a candidate too many. Nothing is compiled or imported before the first array comes: the
    stream never asks.
    """
    held: list[Any] = []
    ends: list[int] = []

    def note(_: int, __: int, end: int, *___: object) -> None:
        ends.append(end)

    def places(array: Any) -> Any:
        import numpy as np
        import pyarrow as pa

        if not held:
            held.append(_literals(words, 0))
        if not pa.types.is_large_string(array.type):
            array = array.cast(pa.large_string())
        offsets = np.frombuffer(array.buffers()[1], np.int64)[array.offset : array.offset + len(array) + 1]
        found, begin = [np.zeros(0, np.int64)], 0
        while begin < len(array):
            after = max(begin + 1, int(np.searchsorted(offsets, offsets[begin] + _AT_ONCE, "right")) - 1)
            own = offsets[begin : after + 1]
            ends.clear()
            if own[-1] > own[0]:
                held[0].scan(memoryview(array.buffers()[2])[own[0] : own[-1]], match_event_handler=note)
                after_each = np.asarray(ends, np.int64) + own[0]
                found.append(begin + np.unique(np.searchsorted(own, after_each, "left") - 1))
            begin = after
        return np.concatenate(found)

    return places


@lru_cache(20_000)
def required_words(pattern: str, flags: str = "i") -> frozenset[str]:
    """Words, in lower case, of which one is in the lower case of every text that the expression matches.

    None at all where no such words are found. Without regard to case K and S end a word: they have relatives outside of
    ASCII.
    """
    caseless = "i" in flags or _CASELESS.search(pattern) is not None
    try:
        return _required(_parser.parse(pattern), caseless) or frozenset()
    except (re.error, RecursionError, OverflowError, ValueError):
        return frozenset()


_CASELESS = re.compile(r"\(\?[a-zA-Z]*i")
_ALTERNATIVES = 8
"""Words that may stand for one because some of its letters may be one of a few."""


def _letters(op: Any, argument: Any, caseless: bool) -> tuple[str, ...]:
    """The letters, in lower case, of which one must stand here; () where these are many or not told."""
    name = str(op)
    if name.endswith("_REPEAT") and argument[:2] == (1, 1) and len(argument[2]) == 1:
        inner, letters = argument[2][0]
        return _letters(inner, letters, caseless)
    codes = [argument] if name == "LITERAL" else []
    if name == "IN" and len(argument) <= _ALTERNATIVES and all(str(kind) == "LITERAL" for kind, _ in argument):
        codes = [code for _, code in argument]
    found = dict.fromkeys(chr(code).lower() for code in codes if code < 128)
    if len(codes) != sum(code < 128 for code in codes) or (caseless and not found.keys().isdisjoint("ks")):
        return ()
    return tuple(found)


def _required(parsed: Iterable[Any], caseless: bool) -> frozenset[str] | None:
    """The best words of a sequence: the longest, counted by the shortest of several; None without any."""
    best: frozenset[str] | None = None
    run = [""]
    for op, argument in [*parsed, (None, None)]:
        letters = _letters(op, argument, caseless)
        if letters and len(run) * len(letters) <= _ALTERNATIVES:
            run = [word + letter for word in run for letter in letters]
            continue
        found = [frozenset(run)] if run[0] else []
        run = list(letters) or [""]
        inner = None if letters else _required_inside(str(op), argument, caseless)
        if inner is not None:
            found.append(inner)
        for words in found:
            if best is None or (min(map(len, words)), -len(words)) > (min(map(len, best)), -len(best)):
                best = words
    return best


def _required_inside(name: str, argument: Any, caseless: bool) -> frozenset[str] | None:
    """The words of what stands in brackets, is repeated, or is one of several."""
    if name == "SUBPATTERN":
        return _required(argument[-1], caseless)
    if name == "ATOMIC_GROUP":
        return _required(argument, caseless)
    if name.endswith("_REPEAT") and argument[0] > 0:
        return _required(argument[2], caseless)
    if name == "BRANCH":
        branches = [_required(one, caseless) for one in argument[1]]
        held = [one for one in branches if one is not None]
        return frozenset().union(*held) if len(held) == len(branches) else None
    return None


def least_length(pattern: str) -> int:
    """How many characters a text has at least that the expression matches."""
    try:
        return int(_parser.parse(pattern).getwidth()[0])
    except (re.error, RecursionError, OverflowError, ValueError):
        return 0


def least_run(pattern: str, flags: str) -> int | None:
    """For an expression that only asks for so many characters in a row (".{1000,}"), how many; None for any other.

    Hyperscan takes a third of a second to compile such a one, and to count is all that it says. A row ends with its
    line unless the flags say otherwise (d).
    """
    found = _RUN.fullmatch(pattern)
    return int(found[1]) if found and not set(flags) - {"i"} else None


_RUN = re.compile(r"\.\{([1-9][0-9]{0,6}),\}")


def is_quick(pattern: str) -> bool:
    """Whether an expression is so small that a database of its own is compiled in a few milliseconds."""
    try:
        return _size(_parser.parse(pattern)) <= _QUICK
    except (re.error, RecursionError, OverflowError, ValueError):
        return False


_QUICK = 300
"""Places, with repetitions written out."""


def longest_plain(parts: Iterable[object]) -> str:
    """The longest run of characters in these texts that JSON writes as they are and whose case is that of ASCII."""
    found = ""
    for part in parts:
        if isinstance(part, str):
            found = max((found, *_ESCAPED.split(part)), key=len)
    return found


_ESCAPED = re.compile(r"""["\\/\x00-\x1f\x7f-\U0010ffff]+|[kKsS]+""")
"""Characters that JSON may write in another way; K and S have relatives outside of ASCII in lower case."""
