"""Suppliers: keep one, change it or take a second; each option with its cost and what it does to scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.core.statements import Statement
from accord.core.values import Kind
from accord.decisions.sheets.reading import Reader, Tell, silent
from accord.decisions.sheets.scenarios import basis, effect_text, read_effects, unknown_effects
from accord.ui.format import default_currency

MOST_OPTIONS = 4
MOST_YEARS = 10


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Years to compare; options with name, cost a year and one-off cost (blank = unknown); effects; the last day."""
    reader = Reader()
    options: list[dict[str, Any]] = []
    for number, row in reader.rows(values, "options", MOST_OPTIONS):
        here: dict[str, Any] = {"row": number, "table": "options"}
        options.append(
            {
                "name": reader.text(row, "name", required=True, **here),
                "cost_a_year": reader.money(row, "cost_a_year", **here),
                "one_off": reader.money(row, "one_off", **here),
            }
        )
    names = [one["name"] for one in options]
    if len(set(names)) < len(names):
        reader.refuse(None, "name", "Two options have one name.", "Name them differently.", "options")
    if len(options) < 2 and not reader.problems:
        reader.refuse(None, "options", "There is nothing to choose.", "Give at least two options.")
    inputs = {
        "supplier": reader.text(values, "supplier", required=True),
        "years": reader.value(values, "years", Kind.INT, required=True, minimum=1, maximum=MOST_YEARS),  # type: ignore[arg-type]
        "options": options,
        "effects": read_effects(reader, values, names),
        "until": reader.date(values, "until"),
    }
    reader.done()
    return inputs


def compute(inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """Expected loss of each option with its effects at the least, the middle and the most, beside what it costs."""
    found = basis()
    years: int = inputs["years"]
    known = [one for one in inputs["effects"] if any(one[side] is not None for side in ("frequency", "magnitude"))]
    hit = {one["scenario"] for one in inputs["effects"]}
    missing = [*unknown_effects(inputs["effects"], found), *found.missing(hit)]
    options = []
    for number, one in enumerate(inputs["options"], 1):
        effects = [effect for effect in known if effect["option"] == one["name"]]
        loss = found.expected(effects) if found.found.scenarios else None
        missing += [
            {"what": f"{one['name']}: its {label} is unknown.", "remedy": "Ask for an offer.", "href": ""}
            for name, label in (("cost_a_year", "cost a year"), ("one_off", "one-off cost"))
            if one[name] is None
        ]
        options.append(
            {
                "key": str(number),
                "name": one["name"],
                "facts": [fact.as_json() for fact in _facts(one, years, loss)],
                "effects": [
                    effect_text(effect, found.names) for effect in inputs["effects"] if effect["option"] == one["name"]
                ],
            }
        )
    return {
        "options": options,
        "facts": [],
        "missing": missing,
        "explained": [
            f"Expected loss a year of all quantified scenarios with today's controls, under the effects of the option; "
            f"over {years} {'year' if years == 1 else 'years'} without discounting.",
            "The range of the loss is from all effects at their least to all at their most; effects on one scenario "
            "multiply.",
        ],
        "basis": found.as_json(),
    }


def _facts(one: Mapping[str, Any], years: int, loss: tuple[float, float, float] | None) -> list[Statement]:
    unit = default_currency()
    cost = None
    if one["cost_a_year"] is not None and one["one_off"] is not None:
        cost = float(one["cost_a_year"]) * years + float(one["one_off"])
    spread = None if loss is None else (min(loss), max(loss))
    whole = None if loss is None or cost is None else loss[1] * years + cost
    both = None if spread is None or cost is None else (spread[0] * years + cost, spread[1] * years + cost)
    span = f"over {years} {'year' if years == 1 else 'years'}"
    stated = "As it was filled in."
    return [
        Statement("sheet.cost_a_year", "Cost a year", _number(one["cost_a_year"]), unit, source=stated),
        Statement("sheet.one_off", "One-off cost", _number(one["one_off"]), unit, source=stated),
        Statement("sheet.cost", f"Cost {span}", cost, unit, source="Cost a year times years, and the one-off cost."),
        Statement(
            "sheet.mean",
            "Expected loss a year",
            None if loss is None else loss[1],
            unit,
            _wide(spread),
            source="Sum over the quantified scenarios, under the option's effects.",
            href="/loss/#scenarios",
        ),
        Statement(
            "sheet.total", f"Cost and expected loss {span}", whole, unit, _wide(both), source="The sum of the two."
        ),
    ]


def _number(value: str | None) -> float | None:
    return None if value is None else float(value)


def _wide(spread: tuple[float, float] | None) -> tuple[float, float] | None:
    return spread if spread is not None and spread[1] > spread[0] else None
