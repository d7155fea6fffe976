"""How hard an English text is to read, and which of its terms a reader outside the field would not know."""

from __future__ import annotations

from accord.engines.readability.assessment import (
    LONG_SENTENCE,
    HardWord,
    Jargon,
    LongSentence,
    Readability,
    assess,
)
from accord.engines.readability.formulas import coleman_liau_grade, grade_level, reading_ease
from accord.engines.readability.segments import sentences_of
from accord.engines.readability.syllables import count_syllables

__all__ = [
    "LONG_SENTENCE",
    "HardWord",
    "Jargon",
    "LongSentence",
    "Readability",
    "assess",
    "coleman_liau_grade",
    "count_syllables",
    "grade_level",
    "reading_ease",
    "sentences_of",
]
