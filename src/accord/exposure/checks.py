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
