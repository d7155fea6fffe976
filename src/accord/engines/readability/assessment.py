"""Assess an English text: grade, ease, hard words, long sentences and jargon."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accord.engines.readability.formulas import coleman_liau_grade, grade_level, reading_ease
from accord.engines.readability.segments import Sentence, sentences_of
from accord.engines.readability.syllables import count_syllables

LONG_SENTENCE = 25
"""Words above which a sentence counts as long: the limit of the style guide of the government of the United
Kingdom."""

_HARD = 3


class Jargon(NamedTuple):
    """A glossary term as written in the text, its position (characters from 0) and plain words for it."""

    term: str
    position: int
    plain: str


class HardWord(NamedTuple):
    """A word of three or more syllables as first written, and its first position (characters from 0)."""

    word: str
    position: int
    syllables: int


class LongSentence(NamedTuple):
    """Where a long sentence starts and ends (characters from 0) and how many words it has."""

    start: int
    end: int
    words: int


@dataclass(frozen=True, slots=True)
class Readability:
    """How hard a text is to read.

    ``grade`` and ``coleman_liau`` are years of school, ``ease`` runs from about 0 (very hard) to 100 (very
    easy); all are None for a text without words. Both grades are estimates for running English text; below
    some hundred words they scatter.
    """

    grade: float | None
    ease: float | None
    coleman_liau: float | None
    sentences: int
    words: int
    syllables: int
    letters: int
    hard_words: tuple[HardWord, ...]
    long_sentences: tuple[LongSentence, ...]
    jargon: tuple[Jargon, ...]


def assess(
    text: str, glossary: Mapping[str, str] | None = None, *, long_sentence: int = LONG_SENTENCE
) -> Readability:
    """Assess a text against the formulas and a glossary of term → plain words for it.

    A term in capitals is looked for as written, any other without regard to case; both also in the plural.
    Where terms overlap the longest counts.
    """
    sentences = sentences_of(text)
    words = [word for sentence in sentences for word in sentence.words]
    syllables = sum(count_syllables(word.text) for word in words)
    letters = sum(sum(map(str.isalnum, word.text)) for word in words)
    return Readability(
        grade=grade_level(len(words), len(sentences), syllables),
        ease=reading_ease(len(words), len(sentences), syllables),
        coleman_liau=coleman_liau_grade(len(words), len(sentences), letters),
        sentences=len(sentences),
        words=len(words),
        syllables=syllables,
        letters=letters,
        hard_words=tuple(_hard_words(sentences)),
        long_sentences=tuple(
            LongSentence(sentence.start, sentence.end, len(sentence.words))
            for sentence in sentences
            if len(sentence.words) > long_sentence
        ),
        jargon=tuple(_jargon(text, glossary or {})),
    )


def _hard_words(sentences: Sequence[Sentence]) -> Iterator[HardWord]:
    """Yield each hard word once, in the order of the text.

    Hard is a word of three or more syllables that is not a name, not joined by hyphens from easy words and
    not made so by -es, -ed or -ing. Source: R. Gunning, The Technique of Clear Writing (1952).
    """
    seen = set()
    for sentence in sentences:
        for place, word in enumerate(sentence.words):
            key = word.text.lower()
            named = word.text[0].isupper() and (place > 0 or word.text.isupper())
            if key in seen or named or not word.text[0].isalpha():
                continue
            if max(count_syllables(part) for part in word.text.split("-") if part) < _HARD:
                continue
            count = count_syllables(word.text)
            stem = re.sub(r"(?:es|ed|ing)$", "", key)
            if stem != key and count == _HARD and count_syllables(stem) < _HARD:
                continue
            seen.add(key)
            yield HardWord(word.text, word.start, count)


def _jargon(text: str, glossary: Mapping[str, str]) -> Iterator[Jargon]:
    if not glossary:
        return
    exact = {term: plain for term, plain in glossary.items() if term.isupper()}
    folded = {term.lower(): plain for term, plain in glossary.items() if not term.isupper()}
    alternatives = [re.escape(term) for term in exact]
    alternatives += [f"(?i:{_inflected(term)})" for term in folded]
    alternatives.sort(key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(alternatives)})(?:s|es|['\u2019]s)?(?![\w-])")
    for match in pattern.finditer(text):
        found = match[1].lower()
        plain = exact.get(match[1]) or folded.get(found) or folded.get(re.sub("ies$", "y", found), "")
        yield Jargon(match[0], match.start(), plain)


def _inflected(term: str) -> str:
    """Return the pattern of a term in which a final y may be ies."""
    return f"{re.escape(term[:-1])}(?:y|ies)" if re.search(r"[^aeiou]y$", term) else re.escape(term)
