"""The rules that are to be run: gathered, compiled or taken from the cache, and chosen by product and level."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from accord.site.watching.inputs import inputs

if TYPE_CHECKING:
    from accord.engines.sigma import Program
    from accord.engines.sigma.rules import Text

ENDINGS = (".yml", ".yaml")
LONGEST = 1 << 20
WHERE = "https://github.com/SigmaHQ/sigma/releases"
"""Where the public collection is handed out, as ZIP files."""


class NoRules(Exception):
    """There is nothing to run; the text says what to do."""


def texts_of(paths: Sequence[Path]) -> list[Text]:
    """The YAML files of folders, archives and files. NoRules where there are none."""
    found: list[Text] = []
    for one in inputs(paths):
        if one.origin is None or not one.name.lower().endswith(ENDINGS):
            if one.problem and (one.named or one.name.lower().endswith(ENDINGS)):
                raise NoRules(f"{one.name}: {one.problem}")
            continue
        if isinstance(one.origin, Path):
            try:
                with one.origin.open("rb") as stream:
                    body = stream.read(LONGEST + 1)
            except OSError as error:
                raise NoRules(f"{one.name}: It cannot be read ({error.strerror}).") from None
        else:
            body = one.origin.read(LONGEST + 1)
        found.append((one.name, body.decode("utf-8", "replace")))
    if not found:
        names = ", ".join(map(str, paths))
        raise NoRules(f"{names}: there is no Sigma rule (.yml). The public collection is at {WHERE}.")
    return found


def own_texts() -> list[Text]:
    """The rules that come with Accord."""
    from accord.engines.sigma.pack import pack_texts

    return pack_texts()


def cache_folder() -> Path:
    """Where compiled rules are kept, by the habit of the system."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "accord" / "sigma"


def placeholders_of(path: Path) -> dict[str, list[str]]:
    """The values that a YAML file names for placeholders: name: [value, …]. NoRules where it is no such file."""
    from accord.intake import placeholders

    try:
        with path.open("rb") as stream:
            return placeholders.read(stream.read(placeholders.LARGEST + 1))
    except OSError as error:
        raise NoRules(f"{path}: It cannot be read ({error.strerror}).") from None
    except placeholders.NoValues as error:
        line = "" if error.line is None else f", line {error.line}"
        raise NoRules(f"{path}{line}: {error.problem} {error.remedy}") from None


def program_of(texts: Sequence[Text], placeholders: Mapping[str, Sequence[str]] | None = None) -> Program:
    """The compiled rules, from the cache where they are there."""
    from accord.engines.sigma.cache import load_or_compile

    return load_or_compile(texts, cache_folder(), placeholders)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which rules of a program are run. `rules` are the numbers of those whose hits are shown, `run` has besides
    those on which the `correlations` rest (their places among the program's)."""

    rules: frozenset[int]
    run: tuple[int, ...]
    correlations: frozenset[int]


def chosen(program: Program, products: Iterable[str], level: str) -> Choice:
    """The rules of these products (all, where none is named) from a level on.

    A rule without product is for each; a rule without level is not taken for a low one. A correlation rule is of the
    products of the rules that it names.
    """
    from accord.engines.sigma.correlation_rules import correlations_of, known_by

    wanted = {one.lower() for one in products}
    of_product = {
        number
        for number, rule in enumerate(program.rules)
        if not wanted or rule.source.product is None or rule.source.product.lower() in wanted
    }
    shown = frozenset(number for number in of_product if at_least(program.rules[number].level, level))
    base = {name: number for number, rule in enumerate(program.rules) for name in known_by(rule)}
    correlations = correlations_of(program)
    made = {name: place for place, one in enumerate(correlations) for name in known_by(one)}
    run, kept = set(shown), set()
    for place, one in enumerate(correlations):
        if not at_least(one.level, level):
            continue
        below, open_ = set(), [one]
        seen = {place}
        while open_:
            for name in open_.pop().members:
                if name in base:
                    below.add(base[name])
                elif name in made and made[name] not in seen:
                    seen.add(made[name])
                    open_.append(correlations[made[name]])
        if not below or below & of_product:
            kept.add(place)
            run |= below
    return Choice(shown, tuple(sorted(run)), frozenset(kept))


def at_least(told: str, level: str) -> bool:
    """Whether a rule's level is this or a higher one; none is."""
    from accord.engines.sigma.rules import LEVELS

    return told not in LEVELS or LEVELS.index(told) >= LEVELS.index(level)
