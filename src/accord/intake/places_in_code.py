"""Where a finding in source code sits: the repository by its address, and the text of a line as a mark that stays
when the lines above it move."""

from __future__ import annotations

from hashlib import blake2b

from accord.intake.records import Target
from accord.intake.safe import text as clean


def repository(page: object, name: object = None, otherwise: str = "repository") -> Target:
    """The repository that a page of a forge belongs to ("https://host/owner/name/security/…"), else by `name`."""
    url = clean.url(page)
    if url is not None:
        parts = url.split("/")
        if len(parts) >= 5 and parts[3] and parts[4]:
            base = "/".join(parts[:5])
            return Target("repository", f"{parts[3]}/{parts[4]}", identifiers=(("repository", base),))
    return Target("repository", clean.line(name, 300) or otherwise)


def mark(*told: object) -> str | None:
    """A short digest of texts, blanks made alike; None where they say nothing."""
    words = [" ".join(one.split()) for one in told if isinstance(one, str)]
    joined = "\x1f".join(words)
    return blake2b(joined.encode("utf-8", "replace"), digest_size=10).hexdigest() if joined.strip("\x1f") else None
