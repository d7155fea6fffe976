"""The readability formulas, on counts. All return None where a count that they divide by is zero."""

from __future__ import annotations


def reading_ease(words: int, sentences: int, syllables: int) -> float | None:
    """Flesch reading ease: about 0 (very hard) to 100 (very easy), not bounded.

    206.835 − 1.015 × words per sentence − 84.6 × syllables per word.
    Source: R. Flesch, "A new readability yardstick", Journal of Applied Psychology 32 (1948), 221–233.
    """
    if not words or not sentences:
        return None
    return 206.835 - 1.015 * words / sentences - 84.6 * syllables / words


def grade_level(words: int, sentences: int, syllables: int) -> float | None:
    """Flesch–Kincaid grade: the years of school in the United States after which the text is understood.

    0.39 × words per sentence + 11.8 × syllables per word − 15.59.
    Source: J. P. Kincaid and others, Naval Technical Training Command, Research Branch Report 8-75 (1975).
    """
    if not words or not sentences:
        return None
    return 0.39 * words / sentences + 11.8 * syllables / words - 15.59


def coleman_liau_grade(words: int, sentences: int, letters: int) -> float | None:
    """Coleman–Liau grade: years of school, from letters instead of syllables.

    0.0588 × letters per 100 words − 0.296 × sentences per 100 words − 15.8. Source: M. Coleman and T. L.
    Liau, "A computer readability formula designed for machine scoring", Journal of Applied Psychology 60
    (1975), 283–284.
    """
    if not words:
        return None
    return 0.0588 * 100 * letters / words - 0.296 * 100 * sentences / words - 15.8
