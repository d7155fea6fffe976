"""Materiality: whether an incident's loss exceeds a stated threshold, from its range of loss by form.

Threshold, the chances from which on it counts as material or as not, and every deadline are the organization's own
inputs: Accord computes the chance and says which of the limits it meets. The executives decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from accord.core.statements import Statement, figure
from accord.core.values import Kind
from accord.decisions.sheets.reading import Reader, Tell, silent
from accord.risk.models import LossEvent, ScenarioLoss
from accord.ui import format as write
from accord.ui.format import default_currency

MATERIAL, NOT_MATERIAL, UNDETERMINED = "material", "not_material", "undetermined"
NAMES = {MATERIAL: "Material", NOT_MATERIAL: "Not material", UNDETERMINED: "Undetermined: look again"}
MOST_FORMS = 8
MOST_HOURS = 24 * 365


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Incident, forms of loss at 5, 50 and 95 %, threshold in money and in % of a revenue, limits, awareness."""
    reader = Reader()
    names = dict(ScenarioLoss.Form.choices)
    forms: list[dict[str, Any]] = []
    for number, row in reader.rows(values, "forms", MOST_FORMS):
        here: dict[str, Any] = {"row": number, "table": "forms"}
        form = reader.text(row, "form", required=True, **here)
        forms.append(
            {
                "form": form,
                "name": names.get(form, form),
                "amount": reader.interval(row, "amount", kind=Kind.MONEY, **here),
            }
        )
    if not forms and not reader.problems:
        reader.refuse(None, "forms", "No form of loss is named.", "Name those that there may be; blank is unknown.")
    for number, one in enumerate(forms, 1):
        if [other["form"] for other in forms].index(one["form"]) < number - 1:
            reader.refuse(number, "form", "It is there twice.", "Keep one row.", "forms")
        low, _, high = one["amount"] or (0.0, 0.0, 0.0)
        if low == 0 < high:
            remedy = "Give the smallest amount that would still not surprise you, or 0 in all three."
            reader.refuse(number, "amount_low", "5 % is 0 but 95 % is not.", remedy, "forms")
    event = reader.text(values, "event")
    if event and not LossEvent.objects.filter(key=event).exists():
        reader.refuse(None, "event", f"There is no loss event “{event}”.", "Choose one, or leave it blank.")
    threshold = reader.money(values, "threshold", above=Decimal(0))
    revenue = reader.money(values, "revenue", above=Decimal(0))
    share = reader.share(values, "revenue_share", above=Decimal(0))
    if share is not None and revenue is None:
        reader.refuse(None, "revenue", "The share is of no revenue.", "Give the revenue that it is a share of.")
    if threshold is None and share is None and not reader.problems:
        reader.refuse(None, "threshold", "No threshold is stated.", "Give an amount, or a share of the revenue.")
    inputs = {
        "incident": reader.text(values, "incident", required=True),
        "event": event,
        "forms": forms,
        "threshold": threshold,
        "revenue": revenue,
        "revenue_share": share,
        "material_from": reader.share(values, "material_from", required=True, above=Decimal(0)),
        "not_below": reader.share(values, "not_below", required=True, above=Decimal(0)),
        "aware_at": reader.moment(values, "aware_at"),
        "deadline_hours": reader.value(
            values, "deadline_hours", Kind.DECIMAL, above=Decimal(0), maximum=Decimal(MOST_HOURS)
        ),
        "deadline_basis": reader.text(values, "deadline_basis"),
    }
    inputs["deadline_hours"] = None if inputs["deadline_hours"] is None else float(inputs["deadline_hours"])
    if inputs["material_from"] and inputs["not_below"] and inputs["not_below"] > inputs["material_from"]:
        remedy = "Between the two it is undetermined: the lower one is where it is not material."
        reader.refuse(None, "not_below", "It is above the chance from which on it is material.", remedy)
    reader.done()
    return inputs


def limit_of(inputs: Mapping[str, Any]) -> tuple[float, str]:
    """The threshold in money that holds, the smaller one where two are stated, and where it comes from."""
    found = []
    if inputs["threshold"] is not None:
        found.append((float(inputs["threshold"]), "the stated amount"))
    if inputs["revenue_share"] is not None and inputs["revenue"] is not None:
        amount = float(inputs["revenue"]) * inputs["revenue_share"]
        found.append((amount, f"{write.percent(inputs['revenue_share'])} of the stated revenue"))
    return min(found)


def compute(inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """The chance that the loss exceeds the threshold, with independent forms and with forms that rise together."""
    from accord.engines.loss import LossInputError
    from accord.engines.loss.event import exceeds, exceeds_together

    limit, origin = limit_of(inputs)
    known = [one["amount"] for one in inputs["forms"] if one["amount"] is not None]
    unknown = [one["name"] for one in inputs["forms"] if one["amount"] is None]
    chances: tuple[float, float] | None = None
    if any(row[2] > 0 for row in known):
        try:
            apart, together = exceeds(known, limit), exceeds_together(known, limit)
        except LossInputError as error:
            from accord.core.errors import Problem, Refused

            raise Refused(*(Problem(None, "forms", f"{p.reason}.", f"{p.remedy}.") for p in error.problems)) from error
        middle = apart[1]
        chances = (min(apart[0], together), max(apart[2], together))
    elif known:
        middle, chances = 0.0, (0.0, 0.0)
    else:
        middle = None
    verdict, reason = _verdict(inputs, chances, unknown)
    ends = due(inputs)
    return {
        "options": [{"key": key, "name": name, "facts": []} for key, name in NAMES.items()],
        "facts": [fact.as_json() for fact in _facts(inputs, limit, origin, middle, chances, unknown)],
        "missing": [
            {
                "what": f"{name}: its range is unknown.",
                "remedy": "Give 5, 50 and 95 %, or 0 where there is none.",
                "href": "",
            }
            for name in unknown
        ],
        "explained": [
            "The chance is that of the sum of all known forms: exact for independent forms (bounds below the last "
            "digit), and for forms that rise and fall together. The range spans both.",
            "An unknown form only adds to the loss: with one, the chance is a lower bound and can show that the "
            "incident is material, but not that it is not.",
            "Threshold, limits and deadline are those of the organization, as stated here.",
        ],
        "proposal": verdict,
        "reason": reason,
        "due": None if ends is None else ends.isoformat(),
    }


def due(inputs: Mapping[str, Any]) -> datetime | None:
    """When the stated deadline ends; None where awareness or deadline is not stated."""
    if inputs["aware_at"] is None or inputs["deadline_hours"] is None:
        return None
    return datetime.fromisoformat(inputs["aware_at"]) + timedelta(hours=inputs["deadline_hours"])


def _verdict(inputs: Mapping[str, Any], chances: tuple[float, float] | None, unknown: list[str]) -> tuple[str, str]:
    above, below = inputs["material_from"], inputs["not_below"]
    if chances is None:
        return UNDETERMINED, "No form of loss has a range yet."
    low, high = chances
    if low >= above:
        return MATERIAL, f"The chance is {write.percent(low)} or more; material from {write.percent(above)} on."
    if unknown:
        return UNDETERMINED, f"Unknown: {', '.join(unknown)}. The known forms alone do not reach the limit."
    if high < below:
        return NOT_MATERIAL, f"The chance is at most {write.percent(high)}; not material below {write.percent(below)}."
    spread = (
        write.percent(low)
        if write.percent(low) == write.percent(high)
        else f"{write.percent(low)} to {write.percent(high)}"
    )
    return UNDETERMINED, (
        f"The chance ({spread}) is neither below {write.percent(below)} nor surely from {write.percent(above)} on."
    )


def _facts(
    inputs: Mapping[str, Any],
    limit: float,
    origin: str,
    middle: float | None,
    chances: tuple[float, float] | None,
    unknown: list[str],
) -> list[Statement]:
    unit = default_currency()
    facts = [
        Statement(
            "sheet.threshold", "Threshold", limit, unit, source="The smaller of what is stated.", note=f"From {origin}."
        ),
        Statement(
            "sheet.chance",
            "Chance to exceed it",
            middle,
            "%",
            chances if chances is not None and figure(chances[0], "%") != figure(chances[1], "%") else None,
            source="Sum of the forms of loss against the threshold.",
            note="At least: a form is unknown." if unknown and chances is not None else "",
        ),
    ]
    if inputs["revenue"] is not None:
        facts.append(
            Statement(
                "sheet.revenue_share",
                "Threshold in the revenue",
                limit / float(inputs["revenue"]),
                "%",
                source="Threshold over the stated revenue.",
                note=f"Of {figure(float(inputs['revenue']), unit)}.",
            )
        )
    return facts
