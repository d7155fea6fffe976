"""A delayed retirement: what it saves to keep a system past its end of support, and the loss that is added until then.

It runs out by itself: after its last day the decision holds no more, whether or not the system is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from accord.core.statements import Statement
from accord.decisions.sheets.reading import Reader, Tell, silent
from accord.decisions.sheets.scenarios import basis, effect_text, read_effects, unknown_effects
from accord.estate.models import System
from accord.ui import format as write
from accord.ui.format import default_currency

DAYS_A_YEAR = 365.25
RETIRE, DELAY = "retire", "delay"


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """System, planned and delayed day, money saved a day and once, and the loss added: effects, or money a day."""
    reader = Reader()
    key = reader.text(values, "system", required=True)
    system = System.objects.filter(key=key).first() if key else None
    if key and system is None:
        reader.refuse(None, "system", f"There is no system “{key}”.", "Choose one of them.")
    planned, until = reader.date(values, "planned", required=True), reader.date(values, "until", required=True)
    if planned and until and until <= planned:
        reader.refuse(None, "until", f"{until} is not after {planned}.", "Give the later day to which it is delayed.")
    effects = read_effects(reader, values)
    extra = reader.interval(values, "extra_a_day", minimum=Decimal(0))
    if effects and extra is not None:
        remedy = "Keep either the effects on scenarios or the money a day."
        reader.refuse(None, "extra_a_day_mid", "The added loss would count twice.", remedy)
    inputs = {
        "system": key,
        "name": system.name if system else "",
        "planned": planned,
        "until": until,
        "saved_a_year": reader.money(values, "saved_a_year"),
        "one_off": reader.money(values, "one_off"),
        "extra_a_day": extra,
        "effects": effects,
    }
    reader.done()
    return inputs


def compute(inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """Added loss a day and in all, what is saved, and the balance; the range from the least to the most."""
    found = basis()
    days = (date.fromisoformat(inputs["until"]) - date.fromisoformat(inputs["planned"])).days
    missing: list[dict[str, str]] = []
    a_day: tuple[float, float, float] | None = None
    if inputs["extra_a_day"] is not None:
        low, mid, high = inputs["extra_a_day"]
        a_day, source = (low, mid, high), "As it was stated, 5, 50 and 95 %."
    else:
        effects = [
            one for one in inputs["effects"] if any(one[side] is not None for side in ("frequency", "magnitude"))
        ]
        hit = {one["scenario"] for one in inputs["effects"]}
        missing += [*unknown_effects(inputs["effects"], found), *found.missing(hit)]
        quantified = {one.key for one in found.found.scenarios}
        if any(one["scenario"] in quantified for one in effects):
            before, after = found.expected([])[1], found.expected(effects)
            a_day = (
                (after[0] - before) / DAYS_A_YEAR,
                (after[1] - before) / DAYS_A_YEAR,
                (after[2] - before) / DAYS_A_YEAR,
            )
        source = "Expected loss a year with the effects less that without, over 365.25 days."
    if a_day is None:
        remedy = "Say what it does to scenarios, or state the added loss a day."
        missing.append({"what": "The added loss is unknown.", "remedy": remedy, "href": ""})
    for name, what in (("saved_a_year", "saves a year"), ("one_off", "costs once")):
        if inputs[name] is None:
            remedy = "Give the money, 0 where it is none."
            missing.append({"what": f"What the delay {what} is unknown.", "remedy": remedy, "href": ""})
    return {
        "options": [_retire(), _delay(inputs, days, a_day, source)],
        "facts": [_days(inputs, days).as_json()],
        "missing": missing,
        "effects": [effect_text(one, found.names) for one in inputs["effects"]],
        "explained": [
            f"{inputs['name']} would be kept from {write.date(inputs['planned'])} to {write.date(inputs['until'])}.",
            "Both options are told as the difference from retiring it on the planned day. Nothing is discounted.",
            "The decision runs out by itself after the last day.",
        ],
        "basis": found.as_json(),
    }


def _days(inputs: Mapping[str, Any], days: int) -> Statement:
    return Statement(
        "sheet.days",
        "Delayed by",
        days,
        "days",
        href=f"/systems/{inputs['system']}/",
        source="From the planned day to the last day.",
        note=f"Until {write.date(inputs['until'])}.",
    )


def _retire() -> dict[str, Any]:
    facts = [
        Statement(key, label, 0, default_currency(), source="It is what the other is compared with.")
        for key, label in (
            ("sheet.a_day", "Added loss a day"),
            ("sheet.added", "Added loss in all"),
            ("sheet.saved", "Saved by the delay"),
            ("sheet.balance", "Saved less added loss"),
        )
    ]
    return {"key": RETIRE, "name": "Retire as planned", "facts": [fact.as_json() for fact in facts]}


def _delay(
    inputs: Mapping[str, Any], days: int, a_day: tuple[float, float, float] | None, source: str
) -> dict[str, Any]:
    unit = default_currency()
    in_all = None if a_day is None else tuple(x * days for x in a_day)
    saved = None
    if inputs["saved_a_year"] is not None and inputs["one_off"] is not None:
        saved = float(inputs["saved_a_year"]) * days / DAYS_A_YEAR - float(inputs["one_off"])
    balance = None if in_all is None or saved is None else tuple(saved - x for x in in_all)
    facts = [
        Statement(
            "sheet.a_day", "Added loss a day", None if a_day is None else a_day[1], unit, _ends(a_day), source=source
        ),
        Statement(
            "sheet.added",
            "Added loss in all",
            None if in_all is None else in_all[1],
            unit,
            _ends(in_all),
            source="Added loss a day times days.",
        ),
        Statement(
            "sheet.saved",
            "Saved by the delay",
            saved,
            unit,
            source="Money saved a year for these days, less what the delay costs once.",
        ),
        Statement(
            "sheet.balance",
            "Saved less added loss",
            None if balance is None else balance[1],
            unit,
            _ends(balance),
            source="The difference of the two.",
            tone=_tone(balance),
        ),
    ]
    name = f"Delay until {write.date(inputs['until'])}"
    return {"key": DELAY, "name": name, "facts": [fact.as_json() for fact in facts]}


def _tone(balance: tuple[float, ...] | None) -> str:
    """Good where it saves more than it adds at every end, danger where at none."""
    if balance is None:
        return ""
    return "good" if min(balance) >= 0 else "danger" if max(balance) < 0 else "warning"


def _ends(found: tuple[float, ...] | None) -> tuple[float, float] | None:
    return None if found is None or max(found) <= min(found) else (min(found), max(found))
