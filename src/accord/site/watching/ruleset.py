"""The rules that are to be run: gathered, compiled or taken from the cache, and chosen by product and level."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from accord.site.watching.inputs import inputs

if TYPE_CHECKING:
    from accord.engines.sigma import Program
    from accord.engines.sigma.rules import Rule, Text

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


def program_of(texts: Sequence[Text]) -> Program:
    """The compiled rules."""
    from accord.engines.sigma import compile_rules

    return compile_rules(texts)


def chosen(program: Program, products: Iterable[str], level: str) -> list[int]:
    """The numbers of the rules of these products (all, where none is named) from a level on.

    A rule without product is for each; a rule without level is not taken for a low one.
    """
    wanted = {one.lower() for one in products}
    return [
        number
        for number, rule in enumerate(program.rules)
        if (not wanted or rule.source.product is None or rule.source.product.lower() in wanted)
        and at_least(rule, level)
    ]


def at_least(rule: Rule, level: str) -> bool:
    """Whether a rule's level is this or a higher one; a rule without level is."""
    from accord.engines.sigma.rules import LEVELS

    return rule.level not in LEVELS or LEVELS.index(rule.level) >= LEVELS.index(level)
