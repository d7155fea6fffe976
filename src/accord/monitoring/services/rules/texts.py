"""Texts of rules: files cut into documents, what a document says of itself, and how two texts differ."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from accord.engines.sigma.rules import LEVELS, Fault

LONGEST = 1 << 20
MOST_DIFF_LINES = 2_000
_TACTIC = re.compile(r"attack\.([a-z][a-z-]+)$")
_TECHNIQUE = re.compile(r"attack\.(t\d[\d.]*)$")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document of a file: its text, the line on which it begins, and its data."""

    path: str
    line: int
    text: str
    data: Mapping[str, Any] = field(repr=False)

    @property
    def is_correlation(self) -> bool:
        return "correlation" in self.data

    @property
    def is_filter(self) -> bool:
        return "filter" in self.data and "detection" not in self.data and not self.is_correlation

    @property
    def identifier(self) -> str:
        """Its own id, else made from its place and title."""
        return (_plain(self.data.get("id")) or f"{self.path}#{_plain(self.data.get('title'))}")[:200]

    @property
    def digest(self) -> str:
        return digest(self.text)


def digest(text: str) -> str:
    """What tells two texts apart; ends of lines and space at the end do not count."""
    plain = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()


def documents(path: str, text: str) -> tuple[list[Document], list[Fault]]:
    """The documents of a file in their order, and what of it is none. Never raises for what is in it."""
    if len(text) > LONGEST:
        return [], [Fault(path, None, f"It is longer than {LONGEST:,} characters.")]
    found: list[Document] = []
    faults: list[Fault] = []
    for line, part in _cut(path, text, faults):
        try:
            held = list(_load(part))
        except Exception as error:  # what YAML makes of hostile text is not bounded to its own errors
            faults.append(_fault(path, line, error))
            continue
        for one in held:
            if not isinstance(one, dict):
                faults.append(Fault(path, line, "It is no Sigma rule: a YAML object is expected."))
            elif not {"detection", "correlation", "filter"} & set(one):
                missing = "It is no Sigma rule: it has no “detection”, “correlation” or “filter”."
                faults.append(Fault(path, line, missing))
            else:
                found.append(Document(path, line, part, {str(name): value for name, value in one.items()}))
    return found, faults


def loaded(text: str) -> list[dict[str, Any]]:
    """The documents of a text that was checked before; none where it is no YAML."""
    try:
        return [one for one in _load(text) if isinstance(one, dict)]
    except Exception:
        return []


def _load(text: str) -> Iterator[Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return (one for one in yaml.load_all(text, Loader=loader) if one is not None)


def _cut(path: str, text: str, faults: list[Fault]) -> Iterator[tuple[int, str]]:
    """(first line, text) of each document; what stands before an error is whole."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines, starts = text.splitlines(keepends=True), list[int]()
    broken: int | None = None
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.DocumentStartEvent):
                starts.append(event.start_mark.line if event.start_mark is not None else 0)
    except Exception as error:
        fault = _fault(path, 1, error)
        faults.append(fault)
        broken = fault.line or 1
    ends = [*starts[1:], len(lines)][: len(starts)]
    if broken is not None:  # the last document that began has the error
        starts, ends = starts[:-1], ends[:-1]
    for start, end in zip(starts, ends, strict=True):
        first = start + 1 if lines[start : start + 1] and lines[start].startswith("---") else start
        part = "".join(lines[first:end]).strip("\n")
        if part.strip():
            yield first + 1, part + "\n"


def _fault(path: str, line: int, error: Exception) -> Fault:
    mark = getattr(error, "problem_mark", None)
    words = str(getattr(error, "problem", None) or error or type(error).__name__)[:200]
    return Fault(path, mark.line + line if mark else None, f"It is not valid YAML: {words}.")


def described(document: Document) -> dict[str, Any]:
    """The fields of a `Rule` that its text tells."""
    data = document.data
    source = data.get("logsource")
    source = source if isinstance(source, dict) else {}
    level = _plain(data.get("level")).lower()
    tags = [_plain(tag).lower() for tag in _listed(data.get("tags"))]
    return {
        "name": _plain(data.get("name"))[:200],
        "title": (_plain(data.get("title")) or "Untitled")[:400],
        "level": level if level in LEVELS else "none",
        "status": _plain(data.get("status")).lower()[:20],
        "product": _plain(source.get("product")).lower()[:60],
        "category": _plain(source.get("category")).lower()[:60],
        "service": _plain(source.get("service")).lower()[:60],
        "techniques": list(dict.fromkeys(one[1].upper() for tag in tags if (one := _TECHNIQUE.match(tag)))),
        "tactics": list(dict.fromkeys(one[1] for tag in tags if (one := _TACTIC.match(tag)))),
        "is_correlation": document.is_correlation,
        "is_filter": document.is_filter,
    }


def told(text: str) -> dict[str, Any]:
    """What a person reads of a rule beside its text: description, false positives, references, author, date."""
    data = next(iter(loaded(text)), {})
    return {
        "description": _plain(data.get("description"))[:5000],
        "author": _plain(data.get("author"))[:300],
        "date": _plain(data.get("date"))[:40],
        "modified": _plain(data.get("modified"))[:40],
        "falsepositives": [_plain(one)[:500] for one in _listed(data.get("falsepositives"))],
        "references": [_plain(one)[:500] for one in _listed(data.get("references"))],
    }


def _plain(value: Any) -> str:
    """A scalar as text; "" for what is none (aliases of YAML can stand for lists of any size)."""
    return str(value) if isinstance(value, str | int | float | date) else ""


def _listed(value: Any) -> list[Any]:
    return value[:100] if isinstance(value, list) else [value] if value else []


def line_of(text: str, problem: str) -> int | None:
    """The line that a problem speaks of, where it quotes something that stands on one line only."""
    for quoted in re.findall(r"/(.{4,}?)/ is refused|[“'\"]([^”'\"]{3,})[”'\"]|%(\w+)%", problem):
        part = next(one for one in quoted if one)
        found = [place for place, line in enumerate(text.splitlines(), 1) if part in line]
        if len(found) == 1:
            return found[0]
    key = "condition" if "condition" in problem.lower() else "logsource" if "Windows log" in problem else ""
    found = [place for place, line in enumerate(text.splitlines(), 1) if key and line.strip().startswith(f"{key}:")]
    return found[0] if len(found) == 1 else None


def difference(before: str, after: str) -> list[tuple[str, str]]:
    """Lines of a unified difference as (kind, line): "added", "removed", "place" or "same"."""
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3)
    found = [(kinds.get(line[:1], "same"), line) for line in lines]
    return found[2 : MOST_DIFF_LINES + 2]
