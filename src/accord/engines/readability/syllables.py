"""How many syllables an English word has: vowel groups, corrected by rules of spelling and exceptions."""

from __future__ import annotations

import re
from functools import lru_cache

_LISTED = {
    1: "clothes does eye eyes goes pier priest queue queues tier tiers",
    2: """
        brilliant business cashier cisa ciso cisos diet dr mr mrs embed embeds evening every fluid frontier
        giant junior
        lion naked onion premier quiet safety senior soldier triage union unions wednesday
        """,
    3: """
        argument arguing behavior behaviors behaviour behaviours businesses convenient everyone everything
        everywhere familiar peculiar resilience resilient
        """,
    4: "apostrophe catastrophe conveniently epss everybody nevertheless",
}
_EXCEPTIONS = {word: count for count, words in _LISTED.items() for word in words.split()}

_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_VOWELS = re.compile(r"[aeiouy]+")
_FEWER = tuple(
    re.compile(rule)
    for rule in (
        # A silent e at the end, but not in table or centre.
        r"(?<![aeiouy])(?<![^aeiouy]l)(?<![^aeiouyr]r)e$",
        # A silent e before s, but not in services, losses or tables.
        r"(?<![aeiouyszxcg])(?<!ch)(?<!sh)(?<![^aeiouy]l)(?<![^aeiouyr]r)es$",
        # A silent e before d, but not in needed, handled or hundred.
        r"(?<![aeiouytd])(?<![^aeiouyl]l)(?<![^aeiouyr]r)ed$",
        # A silent e inside: safely, management (not element, implement), useful, awareness, likewise.
        r"[aeiouy][^aeiouy]+ely$",
        r"(?<!^el)(?<!cr)(?<![^aeiouy]l)(?<=[^aeiouy])(?<!^c)ement",
        r"[aeiouy][^aeiouy]*(?<![^aeiouy]l)(?<=[^aeiouy])e(?:ful|less|ness|wise)",
        # A silent e where two words were joined: something, baseline, stakeholder.
        r"^(?:base|care|case|code|date|face|fire|fore|frame|guide|here|home|house|life|line|live|"
        r"make|more|name|note|page|phone|pipe|place|rule|safe|score|share|side|some|space|stake|state|store|take|"
        r"there|time|trade|type|ware|where|white|wide)(?!ment|ly|ful|less|ness|wise|ver)(?=[^aeiouy]+[aeiouy]+[^aeiouy])",
        # catalogue, technique
        r"[gq]ue[sd]?$(?<!argue)(?<!argues)(?<!argued)",
    )
)
_MORE = tuple(
    re.compile(rule)
    for rule in (
        # Two vowels, two syllables: me-di-a (not spe-cial), as-so-ci-ate, sce-nar-i-o (not na-tion) …
        r"(?<![cgst])ia(?!ge)(?<!lia(?=n$))(?<!lia(?=ns$))",
        r"[ct]iat(?:e|ed|es|ing|ion|ions|or|ors)$",
        r"(?<![cgstx])io(?!n)",
        r"[bdfmprv]ion",
        r"tios?$",
        r"iu",
        r"(?<![cst])ien[ct]",
        r"^scien",
        r"iety",
        r"i(?:er|ers|est)$",
        r"(?<![gqs])ua|sual",
        r"(?<![gq])uen[ct]|fuel|duel|cruel",
        r"(?<![gq])ui(?=t[yi]|n)",
        r"(?<!q)uous",
        r"(?<![cg])eous",
        r"[aeioy]ing$",
        r"[aeou]y(?=[aeou])(?!ed$)",
        r"^(?:geo|neo|theo|video|stereo|area|idea|linear|nuclear|europea|theat)",
        r"creat(?!u)|^reacti|^reacts?$|^reacted$|^realit|^reali[sz]|poe[mt]",
        r"^(?:reall|reass|reapp|reus|reimb|reinf|reinst|reinv|reopen|reorg|deact|preem|preex|coord|cooper)",
        # Consonants that carry a syllable: mech-a-nis-m, rhyth-m, did-n't.
        r"(?:is|th)ms?$",
        r"[ds]n'?t$(?<=n't)",
        r"aic$",
    )
)


@lru_cache(maxsize=20_000)
def count_syllables(word: str) -> int:
    """Return the syllables of one English word, at least 1.

    A figure counts 1, as R. Flesch advises to leave figures out; an abbreviation in capitals of two or three
    signs, or without a vowel, is spelled out (W counts 3). Hyphenated words add up.
    """
    if "-" in word:
        return sum(count_syllables(part) for part in word.split("-") if part) or 1
    bare = word.replace("\u2019", "'").replace(".", "")
    plain = re.sub(r"'s$|'$", "", bare.lower())
    if plain in _EXCEPTIONS:
        return _EXCEPTIONS[plain]
    if not any(sign.isalpha() for sign in plain) or plain[0].isdigit():
        return 1
    if _is_spelled(bare) or _INITIALS.fullmatch(word):
        return sum(3 if sign in "Ww" else 1 for sign in bare if sign != "s" or "." in word)
    return _by_rules(plain)


def _is_spelled(word: str) -> bool:
    letters = word.removesuffix("s")
    if len(letters) < 2 or not letters.isupper():
        return False
    return len(letters) <= 3 or not _VOWELS.search(letters.lower())


def _by_rules(word: str) -> int:
    count = len(_VOWELS.findall(word))
    count -= any(rule.search(word) for rule in _FEWER[:3])
    count -= any(rule.search(word) for rule in _FEWER[3:])
    count += sum(len(rule.findall(word)) for rule in _MORE)
    return max(count, 1)
