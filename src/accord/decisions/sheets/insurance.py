"""Insurance: which layers to buy. Every set of layers is an option, with the loss that is left and the premium."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from accord.core.errors import Problem, Refused
from accord.core.statements import Statement, figure
from accord.decisions.sheets.reading import Reader, Tell, silent
from accord.decisions.sheets.scenarios import basis
from accord.ui.format import default_currency

if TYPE_CHECKING:
    from accord.engines.loss.insurance import Bounds, Insured, Layer, Option, Recovery

MOST_LAYERS = 4
PER = (("year", "Year"), ("event", "Event"))
NONE = "none"


def read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Layers: name, per (year or event), attachment, limit, premium a year (blank = unknown); the last day."""
    reader = Reader()
    layers, numbers = [], []
    for number, row in reader.rows(values, "layers", MOST_LAYERS):
        here: dict[str, Any] = {"row": number, "table": "layers"}
        per = reader.text(row, "per", **here) or "year"
        if per not in dict(PER):
            reader.refuse(number, "per", f"“{per}” is neither.", "Write year or event.", "layers")
        numbers.append(number)
        layers.append(
            {
                "name": reader.text(row, "name", required=True, **here),
                "per": per,
                "attachment": reader.money(row, "attachment", required=True, **here),
                "limit": reader.money(row, "limit", required=True, above=Decimal(0), **here),
                "premium": reader.money(row, "premium", **here),
            }
        )
    names = [one["name"] for one in layers]
    if len(set(names)) < len(names):
        reader.refuse(None, "name", "Two layers have one name.", "Name them differently.", "layers")
    if not layers and not reader.problems:
        reader.refuse(None, "layers", "There is no layer.", "Give at least one.")
    if not reader.problems:
        _refuse_overlaps(reader, layers, numbers)
    inputs = {"layers": layers, "until": reader.date(values, "until")}
    reader.done()
    return inputs


def _refuse_overlaps(reader: Reader, layers: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> None:
    """Tell of layers of one kind that overlap, by their rows. The engine refuses them too, but is heavy to load."""
    for per, _ in PER:
        places = [n for n, one in enumerate(layers) if one["per"] == per]
        for lower, upper in pairwise(sorted(places, key=lambda n: float(layers[n]["attachment"]))):
            below, start = layers[lower], float(layers[upper]["attachment"])
            end = float(below["attachment"]) + float(below["limit"])
            if end > start:
                reason = f"{layers[upper]['name']}: it begins at {start:,.0f}, inside of {below['name']}."
                remedy = f"Begin at {end:,.0f} or above, or make the other's limit smaller."
                reader.refuse(numbers[upper], "attachment", reason, remedy, "layers")


def compute(inputs: Mapping[str, Any], tell: Tell = silent) -> dict[str, Any]:
    """Every set of layers under the newest scenarios. `Refused` where none is quantified or layers overlap."""
    from accord.engines.loss import AccuracyError, LossInputError
    from accord.engines.loss.insurance import Layer, insure

    tell(0, 2 ** len(inputs["layers"]), "Reading scenarios and shared causes")
    found = basis()
    if not found.found.scenarios:
        remedy = "Give a scenario its frequency and its loss per event."
        raise Refused(Problem(None, "", "No scenario has figures yet.", remedy))
    layers = [
        Layer(
            one["name"],
            float(one["attachment"]),
            float(one["limit"]),
            None if one["premium"] is None else float(one["premium"]),
            one["per"],
        )
        for one in inputs["layers"]
    ]
    try:
        insured = insure(
            found.found.portfolio,
            layers,
            causes=found.causes.used,
            tell=lambda done, total: tell(done, total, "Computing what each set of layers leaves"),
        )
    except LossInputError as error:
        places = [one.name for one in layers]
        raise Refused(
            *(
                Problem(
                    places.index(p.key) + 1 if p.key in places else None,
                    p.field,
                    f"{p.key}: {p.reason}.",
                    f"{p.remedy}.",
                    "layers",
                )
                for p in error.problems
            )
        ) from error
    except AccuracyError as error:
        raise Refused(Problem(None, "", f"A check of the computation failed: {error}", "Tell support.")) from error
    missing = [
        {"what": f"{one.name}: its premium is unknown.", "remedy": "Ask the broker for the premium a year.", "href": ""}
        for one in layers
        if one.premium is None
    ]
    return {
        "options": [_option(layers, one) for one in insured.options],
        "facts": [fact.as_json() for one in insured.recoveries for fact in _of_layer(one, inputs)],
        "missing": [*missing, *found.missing(), *found.missing_causes()],
        "explained": _explained(insured, bool(found.causes.used)),
        "basis": found.as_json(),
    }


def _explained(insured: Insured, causes: bool) -> list[str]:
    lines = [
        "The layers cover the loss of all quantified scenarios, with today's controls; what a policy excludes is not "
        "taken off.",
        "What a layer of the year pays is the integral of the year's exceedance curve over it; ranges in brackets are "
        "proven bounds of the computation, not of the inputs.",
        "Premium loading is the premium over the expected recovery: above 1 a layer costs more than it pays on "
        "average, and buys less loss in bad years for the difference.",
    ]
    if any(one.layer.per == "event" for one in insured.recoveries):
        lines.append("Layers of an event apply first, layers of the year to what these leave.")
    if insured.shared:
        lines.append("Shared causes are in the figures, as in the loss run.")
    elif causes:
        lines.append(
            "With layers of an event the scenarios are taken to be independent: shared causes are in no figure here, "
            "so that bad years are told too small."
        )
    return lines


def key_of(layers: list[Layer], bought: tuple[int, ...]) -> str:
    """The option's key: the places of its layers."""
    return "+".join(str(n + 1) for n in bought) or NONE


def _option(layers: list[Layer], one: Option) -> dict[str, Any]:
    names = [layers[n].name for n in one.bought]
    name = " and ".join([", ".join(names[:-1]), *names[-1:]] if len(names) > 1 else names) or "No insurance"
    unit = default_currency()
    facts = [
        _fact("sheet.mean", "Expected loss left a year", one.mean),
        Statement("sheet.premium", "Premium a year", one.premium, unit, source="The premiums that were filled in."),
        Statement(
            "sheet.total",
            "Both together",
            None if one.premium is None else one.mean[1] + one.premium,
            unit,
            source="Expected loss left and premium.",
        ),
        _fact("sheet.recovery", "Expected recovery a year", one.recovery),
        *(
            _fact(
                f"sheet.var_{level * 100:.0f}", f"One year in {round(1 / (1 - level))} leaves more than", one.var[level]
            )
            for level in sorted(one.var)
        ),
        *(
            _fact(
                f"sheet.tvar_{level * 100:.0f}",
                f"Mean of the worst {100 - level * 100:.0f} % of years",
                one.tvar[level],
            )
            for level in sorted(one.tvar)
        ),
    ]
    return {"key": key_of(layers, one.bought), "name": name, "facts": [fact.as_json() for fact in facts]}


def _fact(key: str, label: str, bounds: Bounds) -> Statement:
    low, middle, high = bounds
    unit = default_currency()
    shown = (low, high) if figure(low, unit) != figure(high, unit) else None
    return Statement(
        key,
        label,
        middle,
        unit,
        shown,
        source="Exact distribution of the year, layer by layer.",
        href="/loss/",
        note="The range is a proven bound of the computation." if shown else "",
    )


def _of_layer(one: Recovery, inputs: Mapping[str, Any]) -> list[Statement]:
    unit, layer = default_currency(), one.layer
    key = next(n for n, row in enumerate(inputs["layers"], 1) if row["name"] == layer.name)
    per = "a year" if layer.per == "year" else "an event"
    span = f"{figure(layer.limit, unit)} above {figure(layer.attachment, unit)} {per}"
    facts = [
        Statement(
            f"layer.{key}.recovery",
            f"{layer.name}: expected recovery",
            one.expected[1],
            unit,
            note=span,
            source="Integral of the exceedance curve over the layer.",
            href="/loss/#curve",
        ),
        Statement(
            f"layer.{key}.loading",
            f"{layer.name}: premium loading",
            one.loading,
            "times",
            note=span,
            source="Premium a year over expected recovery a year.",
        ),
    ]
    if one.touched is not None and one.exhausted is not None:
        facts.append(
            Statement(
                f"layer.{key}.touched",
                f"{layer.name}: pays in",
                one.touched[1],
                "%",
                note=f"In full in {figure(one.exhausted[1], '%')} of years.",
                source="Exceedance curve at attachment and exhaustion.",
                href="/loss/#curve",
            )
        )
    return facts
