"""Readability: published values of the formulas, hand-counted texts, and where sentences end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.engines.readability import (
    Jargon,
    assess,
    coleman_liau_grade,
    count_syllables,
    grade_level,
    reading_ease,
    sentences_of,
)

# Abraham Lincoln's address at Gettysburg (1863, Bliss copy; public domain).
GETTYSBURG = """\
Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived \
in Liberty, and dedicated to the proposition that all men are created equal.

Now we are engaged in a great civil war, testing whether that nation, or any nation so conceived and \
so dedicated, can long endure. We are met on a great battle-field of that war. We have come to \
dedicate a portion of that field, as a final resting place for those who here gave their lives that \
that nation might live. It is altogether fitting and proper that we should do this.

But, in a larger sense, we can not dedicate -- we can not consecrate -- we can not hallow -- this \
ground. The brave men, living and dead, who struggled here, have consecrated it, far above our poor \
power to add or detract. The world will little note, nor long remember what we say here, but it can \
never forget what they did here. It is for us the living, rather, to be dedicated here to the \
unfinished work which they who fought here have thus far so nobly advanced. It is rather for us to \
be here dedicated to the great task remaining before us -- that from these honored dead we take \
increased devotion to that cause for which they gave the last full measure of devotion -- that we \
here highly resolve that these dead shall not have died in vain -- that this nation, under God, \
shall have a new birth of freedom -- and that government of the people, by the people, for the \
people, shall not perish from the earth."""


def test_formulas_give_the_published_values() -> None:
    # The cat on the mat (6 words, 6 syllables) and the platypus (13 words, 24 syllables) of the textbooks.
    assert reading_ease(6, 1, 6) == pytest.approx(116.145)
    assert grade_level(6, 1, 6) == pytest.approx(-1.45)
    assert reading_ease(13, 1, 24) == pytest.approx(37.5, abs=0.05)
    assert grade_level(13, 1, 24) == pytest.approx(11.3, abs=0.05)
    # The passage in the paper by Coleman and Liau: 639 letters, 119 words, 5 sentences, grade 14.5.
    assert coleman_liau_grade(119, 5, 639) == pytest.approx(14.5, abs=0.05)


def test_known_sentences_are_counted_as_published() -> None:
    cat = assess("The cat sat on the mat.")
    assert (cat.words, cat.sentences, cat.syllables) == (6, 1, 6)
    assert cat.ease == pytest.approx(116.145)
    platypus = assess("The Australian platypus is seemingly a hybrid of a mammal and reptilian creature.")
    assert (platypus.words, platypus.syllables) == (13, 24)
    assert platypus.grade == pytest.approx(11.3, abs=0.05)


def test_gettysburg_address() -> None:
    found = assess(GETTYSBURG)
    assert found.sentences == 10
    assert found.words == 271  # 272 where battle-field is two words
    assert found.grade == pytest.approx(10.9, abs=0.3)
    assert found.ease == pytest.approx(64.8, abs=1.5)


def test_hand_counted_brief() -> None:
    text = (
        "We lost €1.2 million in 2026. That is less than in the year before, e.g. because Dr. Meier's team "
        "closed 3.5 times more gaps. Is it enough? No. 4 of our 12 goals still rest on old systems!"
    )
    found = assess(text)
    # Figures count one syllable each.
    assert [len(sentence.words) for sentence in sentences_of(text)] == [6, 18, 3, 11]
    assert found.sentences == 4
    assert found.words == 6 + 18 + 3 + 11
    assert found.syllables == 7 + 23 + 4 + 12


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("First came rain. then sun… and rain. “Why?” he said.", 3),
        ("The cost is 1.5 million. It fell.", 2),
        ("See Fig. 3 and No. 7 on p. 12.", 1),
        ("We use e.g. Nmap, i.e. a scanner. Good.", 2),
        ("Mr. J. R. Smith of Acme Inc. signed it.", 1),
        ("It was bought by Acme Inc. The price is secret.", 2),
        ("The U.S. Office agreed.", 1),
        ("It is used in the U.S. The rest is not.", 2),
        ("Really? Yes! “Fine.” Then we go on…  And stop.", 5),
        ("Version 2.1.3 of app.example.com runs at https://a.b/c?d=e. It works.", 2),
        ("No full stop", 1),
        ("First part\n\nSecond part", 2),
        ("Wrapped\nline of text.", 1),
        ("We ask for:\n- money\n- people\n1. time\n", 4),
        ("Costs rise, prices etc. rise too. Wages etc. They fall.", 3),
        ("The answer is no. It stays no.", 2),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(sentences_of(text)) == count


# Counted by hand; half of the words played no part in writing the rules.
SYLLABLES = {
    1: "the loss cost makes files planned caused strength weeks month's queue through eyes freight ninth",
    2: "table systems boxes needed handled outage software client trial safely baseline didn't invoice "
    "payroll framework finance resource balance failure launches",
    3: "services' manager employee supplier carrier media idea department financial ransomware "
    "awareness annual uncertain strategy committed purchases industry customers criminal quarterly",
    4: "security initiative material associate operation reusable negotiate utilities authority "
    "priority literacy transformation alternative necessary regulation deliberate",
    5: "organization remediation individual continuity association capability immediately unavoidable "
    "administration electricity productivity authorization",
    6: "vulnerability responsibility reliability cybersecurity accountability sustainability",
}


@pytest.mark.parametrize(
    ("word", "count"), [(word, count) for count, words in SYLLABLES.items() for word in words.split()]
)
def test_syllables_of_words(word: str, count: int) -> None:
    assert count_syllables(word) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("CVE", 3),
        ("WAN", 1 + 3 + 1),
        ("CISO", 2),
        ("U.S", 2),
        ("e.g", 2),
        ("€1.2", 1),
        ("2027", 1),
        ("S3", 2),
        ("CVEs", 3),
    ],
)
def test_syllables_of_abbreviations_and_figures(word: str, count: int) -> None:
    assert count_syllables(word) == count


def test_hyphenated_words_add_up_and_are_one_word() -> None:
    assert count_syllables("two-factor") == 3
    assert assess("A two-factor login.").words == 3


def test_hard_words_leave_out_names_joined_words_and_inflections() -> None:
    text = "Amsterdam expanded. The vulnerability, a well-known vulnerability, trespasses. Amsterdam rests."
    assert [word.word for word in assess(text).hard_words] == ["Amsterdam", "vulnerability"]
    assert assess("We like Amsterdam and never sign a two-factor trade.").hard_words == ()


def test_long_sentences_are_named_with_their_place() -> None:
    long = "word " * 25 + "word."
    found = assess(f"Short one. {long} Another.")
    assert [(place.words, place.start, place.end) for place in found.long_sentences] == [
        (26, 11, 11 + len(long))
    ]
    assert assess("word " * 24 + "word.").long_sentences == ()


GLOSSARY = {
    "CVE": "known weakness",
    "attack surface": "what can be attacked",
    "surface": "outside",
    "VaR": "loss in a bad year",
    "RAM": "memory",
}


def test_jargon_is_found_with_position_and_plain_words() -> None:
    text = "Two CVEs widen the Attack  surface; a CVE-2024-1 is a name, a ram is not RAM. VaR rose."
    assert assess(text, GLOSSARY).jargon == (
        Jargon("CVEs", 4, "known weakness"),
        Jargon("surface", 27, "outside"),
        Jargon("RAM", text.index("RAM"), "memory"),
        Jargon("VaR", text.index("VaR"), "loss in a bad year"),
    )


def test_terms_are_found_in_the_plural() -> None:
    text = "Vulnerabilities, a vulnerability and vulnerable APIs."
    found = assess(text, {"vulnerability": "weak point", "API": "interface"}).jargon
    assert [(term.term, term.plain) for term in found] == [
        ("Vulnerabilities", "weak point"),
        ("vulnerability", "weak point"),
        ("APIs", "interface"),
    ]


def test_the_longest_term_counts() -> None:
    assert assess("The attack surfaces", GLOSSARY).jargon == (
        Jargon("attack surfaces", 4, "what can be attacked"),
    )


def test_a_text_without_words_has_no_grade() -> None:
    found = assess(" \n … ")
    assert (found.grade, found.ease, found.coleman_liau, found.words) == (None, None, None, 0)


def test_shorter_words_and_sentences_lower_every_measure() -> None:
    hard = assess(
        "The organization anticipates considerable deterioration of operational capabilities this year."
    )
    easy = assess("We fear that this year our work will suffer. Some of it will stop.")
    assert easy.grade < hard.grade and easy.coleman_liau < hard.coleman_liau  # type: ignore[operator]
    assert easy.ease > hard.ease  # type: ignore[operator]


@given(st.text(max_size=300))
def test_any_text_can_be_assessed(text: str) -> None:
    found = assess(text, GLOSSARY)
    assert found.sentences <= found.words <= found.syllables
    assert (found.grade is None) == (found.words == 0)
    for sentence in sentences_of(text):
        for word in sentence.words:
            assert sentence.start <= word.start < sentence.end
