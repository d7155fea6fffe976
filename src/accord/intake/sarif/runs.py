"""What a SARIF run says beside its results: tool, rules, files, base addresses, where the code comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from accord.intake.records import Kind, Severity, Target
from accord.intake.safe import text as clean
from accord.intake.safe.json_reader import JsonReader
from accord.intake.safe.source import Source

RUNS = 10_000
LEVELS: dict[str, Severity] = {"error": "high", "warning": "medium", "note": "low", "none": "info"}
TAGS: dict[str, Kind] = {
    "vulnerability": "vulnerability",
    "misconfiguration": "misconfiguration",
    "secret": "secret",
    "license": "licence",
}
WORDS: dict[str, Severity] = {
    "critical": "critical",
    "high": "high",
    "medium": "medium",
    "moderate": "medium",
    "low": "low",
    "info": "info",
    "informational": "info",
}
_DRIVE = re.compile(r"/?[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as far as its results need it. `score` is the "security-severity" of its properties,
    0.0-10.0."""

    id: str
    title: str | None
    description: str | None
    solution: str | None
    level: str | None
    score: float | None
    severity: Severity | None
    cwes: tuple[str, ...]
    aliases: tuple[str, ...]
    references: tuple[str, ...]
    messages: dict[str, str]
    kind: Kind | None


@dataclass(slots=True)
class Run:
    """One run. `components` are the driver (-1) and the extensions (0, 1, …), each a list of rule
    identifiers by position; `rules` are all rules by identifier."""

    tool: str = "unknown tool"
    tool_version: str | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    components: dict[int, list[str]] = field(default_factory=dict)
    files: list[tuple[str, str | None]] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)
    repository: str | None = None
    commit: str | None = None
    name: str | None = None
    started: datetime | None = None
    finished: datetime | None = None
    success: bool | None = None

    def path(self, uri: object, base: object) -> str | None:
        """A file as its path below the base that the run declares, without scheme, "./" and percent signs."""
        told = clean.line(uri, 1000)
        if told is None:
            return None
        told = clean.line(unquote(told), 1000) or told
        if told.startswith("file:"):
            told = _local(told)
            for known in self.bases.values():
                if known.strip("/") and told.startswith(known):
                    return told[len(known) :].lstrip("/") or told
            return told
        return told.removeprefix("./") if isinstance(base, str) or told.startswith("./") else told


def collect(source: Source) -> list[Run]:
    """Every run of the file, without its results."""
    found: list[Run] = []
    with source.open() as reader:
        document = JsonReader(reader)
        for key in document.names():
            if key == "version":
                version = clean.line(document.scalar(), 20) or ""
                if not version.startswith("2."):
                    document.refuse(f"SARIF version {version or 'unknown'} is not read.", "Export version 2.1.0.")
            elif key == "runs":
                for _ in document.each():
                    if len(found) >= RUNS:
                        document.refuse(f"The file has more than {RUNS:,} runs.", "Split it into several files.")
                    source.hold(1000)
                    found.append(_run(document, source))
        document.end()
    return found


def target_of(run: Run, source: Source) -> Target:
    """The code that a run looked at: its repository where the run names it, else the file by its name."""
    identifiers = [("repository", run.repository)] if run.repository else []
    if run.commit:
        identifiers.append(("commit", run.commit))
    return Target("repository", run.repository or source.stem, identifiers=tuple(identifiers))


def _run(document: JsonReader, source: Source) -> Run:
    run = Run()
    for key in document.names():
        if key == "tool":
            for part in document.names():
                if part == "driver":
                    _component(document, run, -1, source)
                elif part == "extensions":
                    for number in document.each():
                        _component(document, run, number, source)
        elif key == "artifacts":
            for _ in document.each():
                _file(document, run, source)
        elif key == "originalUriBaseIds":
            for name, entry in list(document.mapping().items())[:1000]:
                uri = clean.line(entry.get("uri"), 1000) if isinstance(entry, dict) else None
                if uri:
                    source.hold(100 + len(name) + len(uri))
                    run.bases[name] = _local(unquote(uri)) if uri.startswith("file:") else uri
        elif key == "invocations":
            for _ in document.each():
                _invocation(document.mapping(), run)
        elif key == "versionControlProvenance":
            _provenance(document.value(), run)
        elif key == "automationDetails":
            run.name = clean.line(document.mapping().get("id"), 300)
    return run


def _component(document: JsonReader, run: Run, number: int, source: Source) -> None:
    ids: list[str] = []
    for key in document.names():
        if key == "name" and number < 0:
            run.tool = clean.line(document.scalar(), 200) or run.tool
        elif key in ("semanticVersion", "version") and number < 0:
            run.tool_version = clean.line(document.scalar(), 100) or run.tool_version
        elif key == "rules":
            for _ in document.each():
                rule = _rule(document.mapping())
                ids.append(rule.id)
                source.hold(_size(rule))
                run.rules[rule.id] = rule
    run.components[number] = ids


def _rule(row: dict[str, Any]) -> Rule:
    identifier = clean.line(row.get("id"), 300) or "unnamed rule"
    properties = clean.mapping(row.get("properties"))
    configuration = clean.mapping(row.get("defaultConfiguration"))
    tags = [tag for tag in clean.listing(properties.get("tags")) if isinstance(tag, str)][:200]
    relations = [
        clean.mapping(clean.mapping(one).get("target")) for one in clean.listing(row.get("relationships"))[:200]
    ]
    weaknesses = [one.get("id") for one in relations if clean.mapping(one.get("toolComponent")).get("name") == "CWE"]
    score = clean.score(properties.get("security-severity"))
    title = clean.line(_message(row.get("shortDescription")), 500)
    told = properties.get("cwe") or properties.get("cwes")
    names = " ".join(filter(None, (identifier, title, *tags)))
    messages = {
        str(key)[:200]: text
        for key, entry in list(clean.mapping(row.get("messageStrings")).items())[:200]
        if (text := clean.text(_message(entry), 5000))
    }
    return Rule(
        id=identifier,
        title=title or clean.line(row.get("name"), 500),
        description=clean.text(_message(row.get("fullDescription")), 10_000),
        solution=clean.text(_message(row.get("help")), 10_000),
        level=clean.line(configuration.get("level"), 20),
        score=score,
        severity=told_severity(properties),
        cwes=clean.cwes(weaknesses, tags, told),
        aliases=clean.advisories(names[:5000]),
        references=clean.urls([row.get("helpUri")], 5),
        messages=messages,
        kind=next((TAGS[tag.lower()] for tag in tags if tag.lower() in TAGS), None),
    )


def _size(rule: Rule) -> int:
    texts = (rule.id, rule.title, rule.description, rule.solution, *rule.messages.values())
    return 500 + sum(len(text) for text in texts if text)


def told_severity(properties: dict[str, Any]) -> Severity | None:
    """The severity that a tool writes into its own properties, more exact than SARIF's three levels."""
    told = properties.get("severity")
    return WORDS.get(told.strip().lower()) if isinstance(told, str) else None


def _file(document: JsonReader, run: Run, source: Source) -> None:
    """An artifact: only its place is kept, its text and hashes are passed."""
    place: dict[str, Any] = {}
    for key in document.names():
        if key == "location":
            place = document.mapping()
    base = clean.line(place.get("uriBaseId"), 200)
    uri = clean.line(place.get("uri"), 1000) or ""
    source.hold(200 + len(uri))
    run.files.append((uri, base))


def _invocation(row: dict[str, Any], run: Run) -> None:
    started, finished = clean.when(row.get("startTimeUtc")), clean.when(row.get("endTimeUtc"))
    if started and (run.started is None or started < run.started):
        run.started = started
    if finished and (run.finished is None or finished > run.finished):
        run.finished = finished
    told = row.get("executionSuccessful")
    if isinstance(told, bool):
        run.success = told if run.success is None else run.success and told


def _provenance(found: object, run: Run) -> None:
    first = clean.mapping(clean.listing(found)[0]) if clean.listing(found) else {}
    run.repository = clean.line(first.get("repositoryUri"), 500)
    run.commit = clean.line(first.get("revisionId"), 100)


def _local(uri: str) -> str:
    """The path of a file: address; a Windows drive keeps its letter."""
    try:
        path = urlsplit(uri).path
    except ValueError:
        path = uri.removeprefix("file:")
    path = "/" + path.lstrip("/") if path.startswith("/") else path
    return path.lstrip("/") if _DRIVE.match(path) else path


def _message(found: object) -> object:
    """The text of a multiformat message, else its Markdown."""
    told = clean.mapping(found)
    return told.get("text") or told.get("markdown")
