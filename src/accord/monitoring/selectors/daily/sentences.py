"""What a daily watch says first: a few sentences in plain words, from its own statements."""

from __future__ import annotations

from collections.abc import Iterator

from accord.core.statements import Statement
from accord.monitoring.selectors.daily.parts import Period, Watch, plural

NAMED = 3


def sentences(watch: Watch) -> Iterator[str]:
    """The sentences, what matters most first."""
    yield from _waits(watch)
    yield from _unwatched(watch)
    yield from _seen(watch)
    yield from _exploited(watch)
    yield from _times(watch)


def _number(watch: Watch, key: str) -> int | None:
    fact = watch.fact(key)
    return None if fact is None or fact.value is None else int(fact.value)


def _waits(watch: Watch) -> Iterator[str]:
    waiting, grave = _number(watch, "watch.waiting") or 0, _number(watch, "watch.waiting_grave") or 0
    if not waiting:
        yield "No alert waits to be judged."
        return
    text = f"{plural(waiting, 'alert')} {'waits' if waiting == 1 else 'wait'} to be judged"
    yield (
        f"{text}; {grave:,} of them {'is' if grave == 1 else 'are'} high or critical."
        if grave
        else f"{text}; none is grave."
    )
    oldest = watch.fact("watch.oldest")
    if oldest is not None and oldest.value is not None:
        yield f"The oldest has waited for {oldest.figure}."
    escalated = _number(watch, "watch.escalated")
    if escalated:
        yield f"{plural(escalated, 'alert')} {'was' if escalated == 1 else 'were'} passed on as an incident."


def _unwatched(watch: Watch) -> Iterator[str]:
    silent = _number(watch, "watch.silent")
    if silent is None:
        yield "It is not yet known which sources should have sent more."
    elif silent:
        names = [
            line.text for one in watch.sections if one.slug == "unwatched" for line in one.lines
            if line.badge == ("watch", "silent")
        ]  # fmt: skip
        more = silent - min(NAMED, len(names))
        listed = ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
        yield f"We do not hear from {plural(silent, 'source')}: {listed}."
        blinded = _number(watch, "watch.blinded")
        if blinded:
            yield f"{plural(blinded, 'rule')} {'sees' if blinded == 1 else 'see'} nothing for now because of it."
    else:
        yield "Every source sent as it should."
    blind = _number(watch, "watch.blind")
    if blind is None:
        yield "It is not yet known which rules can fire."
    elif blind:
        yield f"In all, {plural(blind, 'rule')} cannot fire."


def _seen(watch: Watch) -> Iterator[str]:
    events = watch.fact("watch.events")
    within = Period(watch.since, watch.until).words
    if events is None or events.value is None:
        yield "No source of logs is set up yet."
        return
    sent = _number(watch, "watch.sources") or 0
    yield f"In {within}, {plural(int(events.value), 'event')} came from {plural(sent, 'source')}."
    raised, true = _number(watch, "watch.alerts") or 0, _number(watch, "watch.verdict.true") or 0
    text = f"{plural(raised, 'alert')} {'was' if raised == 1 else 'were'} raised" if raised else "No alert was raised"
    if true:
        yield f"{text}; {plural(true, 'alert')} proved true."
    else:
        yield f"{text}; none was found to be true."


def _exploited(watch: Watch) -> Iterator[str]:
    exploited = _number(watch, "watch.exploited")
    if exploited:
        text = plural(exploited, "weakness", "weaknesses")
        yield f"{text} {'is' if exploited == 1 else 'are'} newly known to be used by attackers."


def _times(watch: Watch) -> Iterator[str]:
    told = _within(watch.fact("watch.resolve.median"), watch.fact("watch.resolve.ninth"))
    if told:
        yield told


def _within(half: Statement | None, most: Statement | None) -> str:
    if half is None or half.value is None:
        return "How long it takes to close an alert is not yet known."
    text = f"Half of the alerts were closed within {half.figure} of their first sign"
    return f"{text}, nine in ten within {most.figure}." if most is not None and most.value is not None else f"{text}."
