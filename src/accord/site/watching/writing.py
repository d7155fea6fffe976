"""Hits as a table for people, as JSON lines, CSV or OCSF findings; and what a run amounts to."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from accord.intake.events import Tally
    from accord.site.watching.running import Hit, State, Watch

FORMATS = ("table", "jsonl", "csv", "ocsf")
COLUMNS = ("time", "level", "title", "rule", "techniques", "host", "log_source", "fields", "file", "row")
STATES = ("ok", "no source", "missing field", "unsupported")
TOLD = {
    "ok": "could fire", "no source": "no log of their kind was there",
    "missing field": "a field that they need was never seen", "unsupported": "cannot be run",
}  # fmt: skip
MOST_LISTED = 10
WIDE = 160


class Writer:
    """Writes hits to a stream. `each` bounds how many of one rule the table shows; 0 shows all."""

    def __init__(self, stream: TextIO, form: str, each: int = 0) -> None:
        self._stream, self._form, self._each = stream, form, each
        self._shown: Counter[str] = Counter()
        if form == "csv":
            csv.writer(stream, lineterminator="\r\n").writerow(COLUMNS)

    def hit(self, hit: Hit) -> None:
        """Write one hit."""
        if self._form == "table":
            self._shown[hit.rule.identifier] += 1
            count = self._shown[hit.rule.identifier]
            if not self._each or count <= self._each:
                print(*_lines(hit), sep="\n", file=self._stream)
            return
        if self._form == "csv":
            csv.writer(self._stream, lineterminator="\r\n").writerow(list(_cells(hit)))
            return
        print(_json(_finding(hit) if self._form == "ocsf" else _record(hit)), file=self._stream)


def _json(value: Any) -> str:
    """One line of JSON; a lone surrogate in a value is written as an escape."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() or _is_sound(text) else json.dumps(value)


def _is_sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _time(hit: Hit) -> str:
    return hit.time.isoformat().replace("+00:00", "Z") if hit.time else ""


def _record(hit: Hit) -> dict[str, Any]:
    rule = hit.rule
    return {
        "time": _time(hit) or None, "level": rule.level or None, "title": rule.title, "rule": rule.identifier,
        "techniques": list(rule.techniques), "host": hit.host, "log_source": hit.source, "fields": hit.fields,
        "file": hit.file, "row": hit.row,
    }  # fmt: skip


def _cells(hit: Hit) -> Iterator[str]:
    from accord.outlet.tables.records import guarded

    for name, value in _record(hit).items():
        if name == "fields":
            text = _json(value)
        elif isinstance(value, list):
            text = " ".join(value)
        else:
            text = "" if value is None else str(value)
        yield guarded(text.encode("utf-8", "replace").decode())


def _finding(hit: Hit) -> dict[str, Any]:
    from importlib.metadata import version

    from accord.outlet.ocsf import detection_finding
    from accord.site.watching.running import detection

    return detection_finding(detection(hit), version("accord"))


def many(count: int, word: str) -> str:
    """A number with its word."""
    return f"{count:,} {word}" + ("" if count == 1 else "s")


def plain(text: object, limit: int = WIDE) -> str:
    """A text from a log or a rule, fit for a terminal."""
    from accord.intake.safe.text import line

    return line(str(text), limit) or ""


def _lines(hit: Hit) -> Iterator[str]:
    rule = hit.rule
    moment = hit.time.strftime("%Y-%m-%d %H:%M:%SZ") if hit.time else "time not told"
    yield f"{rule.level or 'no level':13} {moment:20} {plain(hit.host or '-', 40):24} {plain(rule.title)}"
    told = "  ".join(f"{name}={plain(value, 100)}" for name, value in hit.fields.items())
    yield f"{'':13} {plain(hit.file)}, row {hit.row}" + (f"   {plain(told, 400)}" if told else "")


def summary(watch: Watch, states: list[State], faults: list[Any], listed: bool, each: int) -> Iterator[str]:
    """What a run amounts to, for people."""
    yield from _fired(watch, each)
    yield from _sources(watch)
    yield from _states(states, listed)
    if faults:
        yield f"Files, or parts of them, that are no rule: {len(faults):,}."
        yield from _some(plain(fault, 300) for fault in faults)


def _some(lines: Iterable[str]) -> Iterator[str]:
    found = list(lines)
    yield from (f"  {one}" for one in found[:MOST_LISTED])
    if len(found) > MOST_LISTED:
        yield f"  and {len(found) - MOST_LISTED:,} more."


def _fired(watch: Watch, each: int) -> Iterator[str]:
    hits = watch.fired.total()
    yield ""
    of = f"{many(hits, 'hit')} of {many(len(watch.fired), 'rule')}"
    yield f"{of} in {many(watch.tally.events.total(), 'event')}."
    if each and any(count > each for count in watch.fired.values()):
        yield f"The table shows the first {each:,} of each rule (--each 0 shows all)."
    from accord.engines.sigma.rules import LEVELS

    rules = [(watch.rules[name], count) for name, count in watch.fired.items()]
    order = {level: place for place, level in enumerate(reversed(LEVELS))}
    rules.sort(key=lambda pair: (order.get(pair[0].level, -1), -pair[1], pair[0].title))
    for rule, count in rules:
        yield f"  {count:>9,}  {rule.level or 'no level':13} {plain(rule.title)}"


def _sources(watch: Watch) -> Iterator[str]:
    from accord.intake.events import FORMATS as READ

    tally: Tally = watch.tally
    titles = {one.name: one.title for one in READ}
    yield ""
    yield f"Sources: {many(watch.files, 'file')}, {many(tally.malformed.total(), 'record')} malformed."
    for (name, source), count in tally.events.most_common():
        yield f"  {count:>9,}  {titles.get(name, name)} ({source})"
    for name, count in tally.malformed.most_common(MOST_LISTED):
        first = next((one for one in tally.samples if one.file == name), None)
        told = f", the first: row {first.row}: {first.reason}" if first else ""
        yield f"  {count:>9,}  malformed in {plain(name)}{told}"
    if len(tally.malformed) > MOST_LISTED:
        yield f"  and malformed records in {len(tally.malformed) - MOST_LISTED:,} more files."
    for note, count in tally.notes.most_common(MOST_LISTED):
        yield f"  {count:>9,} × {plain(note, 300)}"
    if watch.not_logs:
        yield f"  {len(watch.not_logs):>9,}  other files are no logs: {plain(', '.join(watch.not_logs[:5]), 300)}"
    if watch.unreadable:
        yield "Not read:"
        yield from _some(plain(one, 300) for one in watch.unreadable)


def _states(states: list[State], listed: bool) -> Iterator[str]:
    counts = Counter(one.state for one in states)
    yield ""
    yield f"Rules: {len(states):,}."
    for state in STATES:
        yield f"  {counts.get(state, 0):>9,}  {state}: {TOLD[state]}"
    broken = [one for one in states if one.state == "unsupported"]
    if broken and not listed:
        yield "Rules that cannot be run:"
        yield from _some(f"{plain(one.rule.title, 80)}: {plain(one.reason, 300)}{_place(one)}" for one in broken)
    if listed:
        yield ""
        order = {state: place for place, state in enumerate(STATES)}
        for one in sorted(states, key=lambda one: (order.get(one.state, 9), one.rule.title)):
            yield f"{one.state:13} {one.rule.level or 'no level':13} {plain(one.rule.title)}" + (
                f"   {plain(one.reason, 300)}{_place(one) if one.state == 'unsupported' else ''}" if one.reason else ""
            )


def _place(state: State) -> str:
    """The file of a rule, behind what is said of it."""
    path = getattr(state.rule, "path", "")
    return f" ({plain(path)})" if path else ""
