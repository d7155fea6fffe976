"""What Nikto says of one item, in XML and JSON alike."""

from __future__ import annotations

from accord.intake.places import site
from accord.intake.records import Observation, Target
from accord.intake.safe import text as clean


def target_of(name: object, address: object, port: object, scheme: str | None = None) -> Target | None:
    """The web server: by name and port, with its address."""
    told = clean.line(name, 300) or clean.line(address, 100)
    number = clean.port(port)
    shown = scheme or ("https" if number == 443 else "http")
    bracketed = f"[{told}]" if told and ":" in told and "[" not in told else told
    found = site(f"{shown}://{bracketed}:{number}" if number else f"{shown}://{bracketed}") if told else None
    return found[0] if found else None


def item(
    target: Target, number: object, message: object, *, method: object, uri: object, port: object, references: object
) -> Observation | None:
    """An item, or None where it has neither a number nor a message. Nikto rates nothing: severity is unknown."""
    check, words = clean.line(number, 40), clean.text(message, 20_000)
    if check is None or words is None:
        return None
    # Numbers from 999000 on are written by plugins, which say different things under one number.
    own = check.isdigit() and int(check) < 999_000
    return Observation(
        target=target.identity,
        definition_id=f"nikto:{check}" if own else f"nikto:{check}/{clean.line(words, 150)}",
        title=clean.line(words, 500) or check,
        kind="vulnerability",
        check=f"nikto:{check}",
        aliases=clean.cves(words[:5000]),
        port=clean.port(port),
        path=clean.line(uri, 1000),
        anchor=clean.line(method, 20),
        evidence=words,
        references=clean.urls(clean.text(references, 5000) or "", 20),
    )
