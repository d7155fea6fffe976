"""Where the sentences and words of an English text begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# After these a full stop never ends a sentence: a name or a figure follows.
_LEADING = _set(
    """
    mr mrs ms dr prof sir st rev hon gen col capt lt sgt fig figs no nos vol ed eds p pp sec ch art cf vs v
    eg ie approx ca est incl excl resp
    """
)
# After these it ends one where a sentence plausibly starts.
_TRAILING = _set(
    """
    etc inc ltd co corp plc llc gmbh ag dept div jan feb mar apr jun jul aug sep sept oct nov dec mon tue
    wed thu fri sat sun am pm bn mn min max avg hr hrs yr yrs mo wk al jr sr
    """
)
_STARTERS = _set(
    """
    a all also an and another any as at both but by each every few for four from he her here his how however
    i if in it its many more most no none not of on one only or our out over she since so some such that the
    their then there these they this those three to two under until we what when where which while who why
    with you your
    """
)

_FIGURE = r"[$€£¥]?\d+(?:[.,:/\u2019']\d+)*(?:[A-Za-z]{1,3}\b)?%?"
_INITIALS = r"(?:[^\W\d_]\.){2,}"
_LETTERS = r"[^\W_]+(?:['\u2019\-\u2010\u2011][^\W_]+)*"
_WORD = re.compile(rf"https?://\S+|{_INITIALS}|{_FIGURE}|{_LETTERS}")
_STOP = re.compile(r"(?:[.!?\u2026]+)[\"'\u2019\u201d)\]»]*(?=\s|$)")
_BREAK = re.compile(r"(?:\n|\A)[ \t]*(?:[-*\u2022\u2013]|\d+[.)])[ \t]+|\n[ \t]*\n|\r")
_OPENING = re.compile(r"\s*[\"'\u2018\u201c(\[«]*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text and where it starts (characters from 0)."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """The words of one sentence; ``start`` and ``end`` are characters from 0 in the whole text."""

    start: int
    end: int
    words: tuple[Word, ...]


def sentences_of(text: str) -> list[Sentence]:
    """Return the sentences of a text in their order; a part without any word is no sentence.

    A sentence ends at ``. ! ? …`` before white space, at a blank line and before a list item. The point of a
    decimal, an abbreviation or an initial does not end one.
    """
    found = []
    for start, end in _spans(text):
        words = tuple(
            Word(match[0].rstrip("."), match.start()) if "//" not in match[0] else Word("link", match.start())
            for match in _WORD.finditer(text, start, end)
        )
        if words:
            found.append(Sentence(words[0].start, end, words))
    return found


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    breaks = [match.span() for match in _BREAK.finditer(text)] + [(len(text), len(text))]
    for stop, resume in breaks:
        for match in _STOP.finditer(text, start, stop):
            if _ends_sentence(text, start, match, stop):
                yield start, match.end()
                start = match.end()
        yield start, stop
        start = resume


def _ends_sentence(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    rest = _OPENING.match(text, stop.end(), end)
    following = text[rest.end() : end] if rest else ""
    if not following:
        return True
    if stop[0][0] != "." or stop[0].startswith(".."):
        return not following[0].islower()
    before = re.split(r"[\s(\[\"'\u2018\u201c]", text[start : stop.start()])[-1]
    name = before.lower().rstrip(".")
    if name.replace(".", "") in _LEADING:
        # "No. 5" is a number, "We said no." is an answer.
        return name == "no" and not following[0].isdigit()
    initial = len(name) == 1 and name.isalpha() and before != "I"
    if initial or "." in name or name in _TRAILING:
        next_word = re.match(r"[^\W\d_]+", following)
        return next_word is not None and next_word[0][0].isupper() and next_word[0].lower() in _STARTERS
    return True
