"""What `accord check` proves of this room."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from accord.core.checks import check

SHOWN = 20


@check("exposure: roll-ups agree with the findings")
def rollups_agree() -> Iterator[str]:
    from accord.exposure.services.rollups import check_rollups

    for problem in islice(check_rollups(), SHOWN):
        yield f"{problem}. `exposure.services.recompute_rollups` counts anew."


@check("exposure: weaknesses are found by their words")
def words_agree() -> Iterator[str]:
    from accord.exposure.services.searching import check_words

    for problem in islice(check_words(), SHOWN):
        yield f"{problem}. `accord search-index` makes the words anew."
