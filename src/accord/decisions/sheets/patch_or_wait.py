"""Patch or wait: one fix on one system, now, in a window, after a mitigation, or accepted until a day.

Downtime now is set against what each day of waiting costs on average; `engines.waiting` computes both from the same
intervals. Signed by the CISO and, for the CIO, by the system's owner in IT. It runs out on the day of its option.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from accord.core.errors import Refused
from accord.core.values import Kind
from accord.decisions.sheets import patch_facts, patch_words
from accord.decisions.sheets.patch_facts import DAYS_A_YEAR, PatchFacts
from accord.decisions.sheets.patch_words import Way
from accord.decisions.sheets.reading import Reader, Tell, silent
from accord.estate.models import System
from accord.exposure.models import Fix
from accord.exposure.models.windows import ChangeWindow
from accord.ui import format as write

if TYPE_CHECKING:
    from accord.engines.waiting import Inputs, Option

NOW, WINDOW, MITIGATE, ACCEPT = "now", "window", "mitigate", "accept"
MOST_DAYS = 3653
MOST_HOURS = Decimal(8784)
STEPS = 48
ZERO, ONE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """System, fix, the days of the options, and intervals of downtime, cost an hour, failing and the mitigation."""
    reader = Reader()
    key, fix_key = reader.text(values, "system", required=True), reader.text(values, "fix", required=True)
    system = System.objects.filter(key=key).first() if key else None
    fix = Fix.objects.filter(key=fix_key).first() if fix_key else None
    if key and system is None:
        reader.refuse(None, "system", f"There is no system “{key}”.", "Choose one of them.")
    if fix_key and fix is None:
        reader.refuse(None, "fix", f"There is no fix “{fix_key}”.", "Open the list of fixes and start from one.")
    inputs = {
        "system": key, "name": system.name if system else "", "fix": fix_key, "fix_title": fix.title if fix else "",
        **_days(reader, values),
        "downtime": reader.interval(values, "downtime", maximum=MOST_HOURS),
        "hourly": reader.interval(values, "hourly", kind=Kind.MONEY),
        "window_share": reader.interval(values, "window_share", maximum=Decimal(1), kind=Kind.SHARE),
        "fails": reader.interval(values, "fails", maximum=Decimal(1), kind=Kind.SHARE),
        "rollback": reader.interval(values, "rollback", maximum=MOST_HOURS),
        "retry_days": _number(reader, values, "retry_days"),
        "increase": reader.interval(values, "increase", minimum=Decimal(1)),
        "measure": reader.text(values, "measure"),
        "residual": reader.interval(values, "residual", maximum=Decimal(1), kind=Kind.SHARE),
        "once": reader.interval(values, "once", kind=Kind.MONEY),
        "a_day": reader.interval(values, "a_day", kind=Kind.MONEY),
    }  # fmt: skip
    reader.done()
    return inputs


def _number(reader: Reader, values: Mapping[str, Any], column: str) -> float | None:
    found = reader.value(values, column, Kind.DECIMAL, minimum=Decimal(0), maximum=Decimal(MOST_DAYS))
    return None if found is None else float(found)


def _days(reader: Reader, values: Mapping[str, Any]) -> dict[str, Any]:
    """The days of the options, in order and not yet over; an option without its day is none."""
    today = timezone.localdate()
    days = {
        name: reader.date(values, name, required=name == "now_day")
        for name in ("now_day", "window_day", "mitigate_from", "mitigate_until", "accept_until")
    }
    window = reader.text(values, "window")
    if window:
        known = ChangeWindow.objects.filter(key=window).first()
        if known is None:
            reader.refuse(None, "window", f"There is no change window “{window}”.", "Choose one of them.")
        else:
            days["window_day"] = known.starts.isoformat()
    latest = today + timedelta(days=settings.ACCORD_ACCEPTANCE_DAYS)
    for name, day in days.items():
        if day and date.fromisoformat(day) < today:
            reader.refuse(None, name, f"{day} is over.", "Give today or a later day.")
        elif day and name in ("mitigate_until", "accept_until") and date.fromisoformat(day) > latest:
            reader.refuse(None, name, f"{day} is too far away.", f"Give at most {latest}: the longest that is allowed.")
        elif day and date.fromisoformat(day) > today + timedelta(days=MOST_DAYS):
            reader.refuse(None, name, f"{day} is more than ten years away.", "Give an earlier day.")
    if days["mitigate_until"] and not days["mitigate_from"]:
        reader.refuse(None, "mitigate_from", "It is blank.", "Give the day from which on it is mitigated.")
    for name, first in (("window_day", "now_day"), ("mitigate_until", "mitigate_from"), ("accept_until", "now_day")):
        if days[name] and days[first] and str(days[name]) < str(days[first]):
            reader.refuse(None, name, f"{days[name]} is before {days[first]}.", "Give a later day.")
    if not reader.problems and not (days["window_day"] or days["mitigate_until"] or days["accept_until"]):
        remedy = "Give the day of a window, or until when it is mitigated or accepted."
        reader.refuse(None, "window_day", "There is nothing to choose beside patching now.", remedy)
    anyway = reader.value(values, "comes_anyway", Kind.BOOL)
    return {**days, "window": window, "comes_anyway": "yes" if anyway else ""}


def compute(inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """What each option costs over the days until its patch is in, with break-even days and chances."""
    from accord.engines import waiting

    system, fix = System.objects.get(key=inputs["system"]), Fix.objects.get(key=inputs["fix"])
    facts = patch_facts.facts_of(system, fix)
    if facts is None:
        raise Refused(f"“{fix.title}” closes no open finding on {system.name} as counted last.")
    today = timezone.localdate()
    model = patch_facts.known_inputs(facts)
    inputs = {name: model.get(name) if value is None else value for name, value in inputs.items()}
    missing: list[dict[str, str]] = []
    taken = _taken(inputs, facts, missing)
    ways = _ways(inputs, facts, today, missing)
    costs = {way.key: waiting.cost(taken, way.option) if way.known else None for way in ways}
    known = [way for way in ways if way.known]
    chances = waiting.chances(taken, [way.option for way in known]) if len(known) > 1 else None
    told = patch_words.Told(inputs, facts, taken, ways, costs, chances, today)
    return {
        "inputs": inputs,
        "options": patch_words.options(told),
        "facts": [fact.as_json() for fact in patch_words.statements(told)],
        "missing": missing,
        "plain": patch_words.plain(told),
        "feels": facts.feels,
        "goals": facts.goals,
        "assets": facts.assets,
        "beats": patch_words.beats(told),
        "path": _path(taken, known),
        "explained": patch_words.explained(told),
        "it_owner": facts.owner,
        "system": {"key": system.key, "name": system.name},
        "fix": {"key": fix.key, "title": fix.title, "href": facts.on.href},
        "findings": facts.on.open_findings,
        "as_of": today.isoformat(),
        "forecast": patch_words.forecast(told),
    }


def until_of(figures: Mapping[str, Any], chosen: str) -> date | None:
    """The last day of an option."""
    found = next((one for one in figures["options"] if one["key"] == chosen), None)
    return None if found is None else date.fromisoformat(found["until"])


def _taken(inputs: Mapping[str, Any], facts: PatchFacts, missing: list[dict[str, str]]) -> Inputs:
    """The engine's inputs. What is unknown adds nothing here and is listed; options that need it have no figure."""
    from accord.engines.waiting import Inputs

    def lacks(what: str, remedy: str, href: str = "") -> None:
        missing.append({"what": what, "remedy": remedy, "href": href})

    price = facts.on.price
    if price is None:
        lacks("What its findings cost a year is unknown.", "Compute what findings cost.", "/loss/findings/")
    elif facts.on.unpriced:
        lacks(f"{facts.on.unpriced} of its findings have no price.", "Say which scenarios reach their systems.",
              facts.on.href)  # fmt: skip
    for name, what, remedy in (
        ("downtime", "How long the change takes the system down is unknown.", "Give hours, 0 where it stays up."),
        ("hourly", "What an hour of downtime costs is unknown.", facts.hourly.remedy or "State it here."),
        ("fails", "How likely the patch fails is unknown.", "Give 5, 50 and 95 %; ask who tested it."),
    ):
        if inputs[name] is None:
            lacks(what, remedy)
    fails = inputs["fails"] or ZERO
    rollback = inputs["rollback"]
    if rollback is None and fails[2] > 0:
        rollback = _objectives(facts.system)
        if rollback is None:
            lacks("What taking a failed patch back costs is unknown.", "Give hours, or the system's RTO and RPO.")
    if inputs["retry_days"] is None and fails[2] > 0:
        lacks("When a failed patch would be tried again is unknown.", "Give days.")
    increase, emergence = inputs["increase"], facts.emergence
    if facts.exploited:
        increase, emergence = ONE, 0.0
    elif facts.exploited is None:
        lacks(
            "Whether it is known to be exploited is unknown.", "Load the catalogue of exploited weaknesses.", "/feeds/"
        )
    if increase is None:
        lacks("How much dearer it gets once it is exploited is unknown.", "State it, or load KEV and EPSS.", "/feeds/")
    elif emergence is None:
        lacks("How likely it will be exploited is unknown: no EPSS.", "Load EPSS.", "/feeds/")
    both = increase is not None and emergence is not None
    return Inputs(
        rate=ZERO if price is None else _tuple([one / DAYS_A_YEAR for one in price]),
        per_hour=_tuple(inputs["hourly"]), hours=_tuple(inputs["downtime"]),
        window_share=_tuple(inputs["window_share"], ONE),
        increase=_tuple(increase, ONE) if both else ONE, emergence=(emergence or 0.0,) * 3 if both else ZERO,
        probability=_tuple(fails), rollback=_tuple(rollback), residual=_tuple(inputs["residual"], ONE),
        once=_tuple(inputs["once"]), a_day=_tuple(inputs["a_day"]), retry=inputs["retry_days"] or 0.0,
    )  # fmt: skip


def _objectives(system: System) -> tuple[float, float, float] | None:
    """Hours that taking a change back costs by the objectives: down for up to the RTO, up to the RPO done again."""
    if system.rto_hours is None:
        return None
    most = float(system.rto_hours) + float(system.rpo_hours or 0)
    return (0.0, most / 2, most)


def _ways(inputs: Mapping[str, Any], facts: PatchFacts, today: date, missing: list[dict[str, str]]) -> list[Way]:
    from accord.engines.waiting import Option

    def days(name: str) -> float:
        return float((date.fromisoformat(inputs[name]) - today).days)

    def way(key: str, name: str, last: str, option: Option, *, also: bool = True) -> Way:
        priced = facts.on.price is not None or (option.day == 0 and not inputs["retry_days"])
        down = inputs["downtime"] is not None and (inputs["hourly"] is not None or max(inputs["downtime"]) == 0)
        return Way(
            key, name, date.fromisoformat(inputs[last]), option, priced and also and (down or not option.patched)
        )

    found = [way(NOW, f"Patch now, by {write.date(inputs['now_day'])}", "now_day", Option(NOW, days("now_day")))]
    shared = inputs["window_share"] is not None
    anyway = bool(inputs["comes_anyway"])
    if not shared and (inputs["window_day"] or inputs["mitigate_until"] or (inputs["accept_until"] and not anyway)):
        missing.append({
            "what": "What an hour in a window costs, as a share of any other, is unknown.",
            "remedy": "Give 100% where it is the same.", "href": "",
        })  # fmt: skip
    if inputs["window_day"]:
        name = f"Patch in the window of {write.date(inputs['window_day'])}"
        option = Option(WINDOW, days("window_day"), in_window=True)
        found.append(way(WINDOW, name, "window_day", option, also=shared))
    if inputs["mitigate_until"]:
        held = inputs["residual"] is not None
        _lacking(inputs, held, missing)
        name = f"Mitigate until {write.date(inputs['mitigate_until'])}"
        since = days("mitigate_from")
        option = Option(MITIGATE, days("mitigate_until"), in_window=True, mitigated=True, since=since)
        found.append(way(MITIGATE, name, "mitigate_until", option, also=shared and held))
    if inputs["accept_until"]:
        option = Option(ACCEPT, days("accept_until"), in_window=not anyway, patched=not anyway)
        name = f"Accept until {write.date(inputs['accept_until'])}"
        found.append(way(ACCEPT, name, "accept_until", option, also=shared or anyway))
    return found


def _lacking(inputs: Mapping[str, Any], held: bool, missing: list[dict[str, str]]) -> None:
    """What is unknown of the mitigation."""
    rows = [
        (held, "How much the mitigation leaves of the loss is unknown.", "Give the share that is left."),
        (
            inputs["once"] is not None,
            "What the mitigation costs once is unknown.",
            "Give the money, 0 where it is none.",
        ),
        (inputs["a_day"] is not None, "What the mitigation costs a day is unknown.", "Give the money, 0 where none."),
    ]
    missing += [{"what": what, "remedy": remedy, "href": ""} for known, what, remedy in rows if not known]


def _tuple(values: Any, unknown: tuple[float, float, float] = ZERO) -> tuple[float, float, float]:
    if values is None:
        return unknown
    low, mid, high = values
    return (float(low), float(mid), float(high))


def _path(taken: Inputs, ways: list[Way]) -> dict[str, Any]:
    """What each option has cost by each day, for the picture; empty where nothing is known."""
    if not ways:
        return {}
    import numpy as np

    from accord.engines import waiting

    last = max(max(way.option.day for way in ways) * 1.08, 7.0)
    ends = [way.option.day for way in ways] + [way.option.since for way in ways]
    before = [day - 1e-3 for day in ends if day > 0]
    days = np.unique(np.concatenate([np.linspace(0.0, last, STEPS + 1), ends, before]))
    return {
        "days": [round(float(day), 3) for day in days],
        "ways": [
            {"key": way.key, "name": way.name, "ends": np.round(waiting.path(taken, way.option, days), 2).tolist()}
            for way in ways
        ],
    }
