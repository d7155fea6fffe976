"""What was not watched: silent and paused sources, rules that cannot fire, what was dropped or could not be read."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum

from accord.core.statements import Statement
from accord.monitoring.models import BlindState, Rule, Source, SourceHour, SourceWatch
from accord.monitoring.selectors.daily.parts import Line, Period, Section, address, age, plural
from accord.monitoring.selectors.daily.seen import received
from accord.ui import format as write

BLIND = (Rule.State.NO_SOURCE, Rule.State.MISSING_FIELD, Rule.State.UNSUPPORTED)
SHOWN = 8
NAMED = 3


def section(period: Period) -> Section:
    """Five queries."""
    sources = list(Source.objects.filter(enabled=True).order_by("name", "pk").defer("samples", "offsets", "settings"))
    watches = {one.source_id: one for one in SourceWatch.objects.all()}
    found = BlindState.objects.filter(id=1).first()
    told = [(one, quiet(one, watches.get(one.pk), period)) for one in sources]
    silent = [one for one, is_silent in told if is_silent]
    open_ = [one for one, is_silent in told if is_silent is None]
    paused = [one for one in sources if one.paused]
    base: dict[str, Any] = {"query": "monitoring.selectors.daily.unwatched", "as_of": period.until}
    facts = [
        Statement(
            "watch.silent", "Silent sources", None if sources and len(open_) == len(sources) else len(silent),
            "sources", source=f"Of {plural(len(sources), 'source')} that should send, each against its own past",
            href=address("blind"), tone="danger" if silent else "",
            note=f"{len(open_):,} not yet known" if open_ else "", **base,
        ),
        *_blinded(found, period), *_rules(found, period), *_lost(period),
    ]  # fmt: skip
    facts_of = found.result.get("sources", {}) if found is not None else {}
    lines = [
        *(_silent(one, period, facts_of.get(str(one.pk))) for one in silent),
        *(_paused(one) for one in paused if one not in silent),
    ]
    return Section("unwatched", "What was not watched", facts, lines[:SHOWN], "Every source sent as it should.",
                   f"and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else "")  # fmt: skip


def quiet(source: Source, watch: SourceWatch | None, period: Period) -> bool | None:
    """Whether a source was silent at the end of the period; None = not yet known."""
    now = period.until
    if watch is not None and watch.state == SourceWatch.State.SILENT:
        return True
    if watch is not None and watch.silent_at is not None:
        return bool(watch.silent_at <= now)
    if source.silent_after is not None:
        last = source.received_up_to or source.created
        return bool(last + source.silent_after <= now)
    return None


def _blinded(found: BlindState | None, period: Period) -> list[Statement]:
    """Rules that saw something once and see nothing now, since every source of their logs is silent."""
    rules = None if found is None or found.at is None else found.result.get("blind_rules")
    return [
        Statement(
            "watch.blinded", "Rules blinded by silence", None if rules is None else len(rules), "rules",
            source="Rules whose every source of logs is silent", query="monitoring.selectors.daily.unwatched",
            href=address("blind"), as_of=None if found is None else found.at, tone="danger" if rules else "",
        )
    ]  # fmt: skip


def _rules(found: BlindState | None, period: Period) -> list[Statement]:
    """Rules that cannot fire, those that a silence blinded among them, as What is not watched counts them."""
    blinded = set() if found is None else set(found.result.get("blind_rules", ()))
    enabled = Rule.objects.filter(enabled=True, version__isnull=False, is_filter=False)
    states = list(enabled.values_list("pk", "state"))
    blind = sum(pk in blinded or state in BLIND for pk, state in states)
    unknown = sum(pk not in blinded and state == Rule.State.UNKNOWN for pk, state in states)
    return [
        Statement(
            "watch.blind", "Rules that cannot fire", blind if len(states) > unknown else None, "rules",
            source=f"Of {plural(len(states), 'rule')} that {'is' if len(states) == 1 else 'are'} switched on",
            query="monitoring.selectors.daily.unwatched", href=f"{address('blind')}#rules",
            as_of=period.until, tone="warning" if blind else "",
            note=f"of {len(states):,}" + (f", {unknown:,} not yet known" if unknown else ""),
        )
    ]  # fmt: skip


def _lost(period: Period) -> list[Statement]:
    found = SourceHour.objects.filter(received(period)).aggregate(
        lost=Sum("dropped"), bad=Sum("malformed"), good=Sum("events")
    )
    read = (found["good"] or 0) + (found["bad"] or 0)
    malformed, dropped = found["bad"] or 0, found["lost"] or 0
    share = f"{write.percent(malformed / read, 2)} of what came" if malformed and read else ""
    base: dict[str, Any] = {
        "query": "monitoring.selectors.daily.unwatched",
        "href": address("source_list"),
        "as_of": period.until,
    }
    return [
        Statement("watch.dropped", "Dropped on the way", dropped, "events", tone="warning" if dropped else "",
                  source="Datagrams that were lost before they were read", **base),
        Statement("watch.malformed", "Could not be read", malformed, "records", note=share,
                  source="Records that are of no log that is known, or are cut", **base),
    ]  # fmt: skip


def _silent(source: Source, period: Period, facts: dict[str, Any] | None) -> Line:
    last = source.received_up_to
    if last is None:
        told = ["nothing came yet"]
    else:
        told = [f"nothing for {age(period.until - last)}, since {write.datetime(last)}"]
    if facts is not None:
        rules, systems, techniques = facts.get("rules", []), facts.get("systems", []), facts.get("techniques", [])
        told.append(f"{plural(len(rules), 'rule')} for {plural(len(techniques), 'technique')} hang on it alone")
        if systems:
            told.append("the only one that tells of " + ", ".join(one["name"] for one in systems[:NAMED]))
    return Line(source.name, address("source_detail", source.key), "; ".join(told), ("watch", "silent"))


def _paused(source: Source) -> Line:
    return Line(source.name, address("source_detail", source.key), source.paused, ("watch", "paused"))
