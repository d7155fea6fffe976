"""Writes of this room: issuing a brief."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from accord.briefing.draft import ASK_LENGTH, MOST_ASKS, MOST_STATEMENTS, TITLE_LENGTH, Draft
from accord.briefing.models import Brief
from accord.briefing.pdf import brief_pdf
from accord.core import files, ledger
from accord.core.errors import Problem, Refused
from accord.core.models import User

__all__ = ["brief_pdf", "issue", "reworded"]


def reworded(draft: Draft, title: str, asks: Sequence[str]) -> Draft:
    """The draft with the issuer's words; `Refused` names the line that does not fit on the page."""
    title = " ".join(title.split())
    lines = [" ".join(ask.split()) for ask in asks if ask.strip()]
    problems = []
    if not title:
        problems.append(Problem(None, "title", "The title is blank.", "Give the brief a title."))
    if len(title) > TITLE_LENGTH:
        problems.append(Problem(None, "title", f"{len(title)} characters.", f"Use at most {TITLE_LENGTH}."))
    if len(lines) > MOST_ASKS:
        problems.append(Problem(None, "asks", f"{len(lines)} decisions.", f"Ask for at most {MOST_ASKS}."))
    for number, line in enumerate(lines, 1):
        if len(line) > ASK_LENGTH:
            problems.append(Problem(number, "asks", f"{len(line)} characters.", f"Use at most {ASK_LENGTH}."))
    if problems:
        raise Refused(*problems)
    return draft.with_words(title, lines)


def issue(actor: User, draft: Draft, origin: str = "") -> Brief:
    """Freeze a draft: its content, and the PDF as it goes out, under the next number of its day.

    `origin` is the outer address, for the links in the PDF.
    """
    if len(draft.statements) > MOST_STATEMENTS:
        raise Refused(f"A brief holds at most {MOST_STATEMENTS} statements.")
    content = ledger.canonical(draft.as_content())
    digest = hashlib.sha256(content.encode()).hexdigest()
    reading = draft.reading
    document = brief_pdf(draft, origin)
    stored = files.keep(actor, f"brief-{draft.as_of.isoformat()}.pdf", [document])
    with ledger.write(actor) as log:
        brief = Brief.objects.create(
            key=_key(draft), title=draft.title, as_of=draft.as_of, issued_by=actor, content=content,
            content_hash=digest, grade=reading.grade, pdf=stored,
        )  # fmt: skip
        log.add("issue", "brief", brief.key, None, snapshot(brief))
    return brief


def _key(draft: Draft) -> str:
    day = f"B-{draft.as_of.isoformat()}"
    return f"{day}-{Brief.objects.filter(as_of=draft.as_of).count() + 1}"


def snapshot(brief: Brief) -> dict[str, Any]:
    """What the ledger keeps of a brief."""
    return {
        "title": brief.title, "as_of": brief.as_of, "content_hash": brief.content_hash, "pdf": brief.pdf.digest,
        "grade": None if brief.grade is None else round(brief.grade, 2),
    }  # fmt: skip
