"""What `accord check` looks at in this room: what was signed and what was handed in is still what it was."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain

from accord.core.checks import check
from accord.decisions import selectors
from accord.decisions.models import Acceptance, Decision, Sheet, Sitting

RESTORE = "Restore the last backup in which it holds."


@check("decisions")
def _signed_content_holds() -> Iterator[str]:
    kept = ("key", "content", "content_hash", "record", "record_hash")
    signed: chain[Decision | Sheet | Acceptance] = chain(
        Decision.objects.exclude(content_hash="").only(*kept),
        Sheet.objects.exclude(content_hash="").only(*kept),
        Acceptance.objects.exclude(content_hash="").only(*kept),
    )
    for one in signed:
        if hashlib.sha256(one.content.encode()).hexdigest() != one.content_hash:
            yield f"{one.key}: its content is not what was proposed. {RESTORE}"
        if one.record and hashlib.sha256(one.record.encode()).hexdigest() != one.record_hash:
            yield f"{one.key}: its record of signatures and reservations was changed. {RESTORE}"


@check("sittings")
def _positions_are_what_was_handed_in() -> Iterator[str]:
    for sitting in Sitting.objects.filter(state=Sitting.State.REVEALED).defer("differences"):
        if not selectors.commitments_hold(sitting):
            yield f"{sitting.key}: a position is not what was handed in. {RESTORE}"
