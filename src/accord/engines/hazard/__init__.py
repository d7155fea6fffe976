"""From findings to money and back: hazard of footholds, spread, scenario rates, the price of every finding.

    from accord.engines import hazard

    estate = hazard.Estate(systems, holds, factor, base, chains)
    rates = hazard.place_rates(place, rate, number, copies)
    found = hazard.footholds(estate, rates, scenarios)
    prices = hazard.price(estate, found, scenarios, hazard.anchor(scenarios, found.by_scenario))
    money = hazard.finding_prices(prices, place, rate, copies)

The model, its sources and limits: docs/methods-hazard.md.
"""

from accord.engines.hazard.errors import HazardInputError, Problem
from accord.engines.hazard.estate import Estate, Scenarios
from accord.engines.hazard.footholds import (
    HIGH,
    LOW,
    MID,
    copies_of,
    effectiveness,
    left_by,
    place_rates,
    range_of_class,
    whole_range,
    yearly_rate,
)
from accord.engines.hazard.prices import (
    Anchor,
    Footholds,
    Prices,
    anchor,
    by_scenario,
    coherent_rates,
    finding_prices,
    footholds,
    free_standing,
    price,
    silent,
)
from accord.engines.hazard.spread import evenly

__all__ = [
    "HIGH",
    "LOW",
    "MID",
    "Anchor",
    "Estate",
    "Footholds",
    "HazardInputError",
    "Prices",
    "Problem",
    "Scenarios",
    "anchor",
    "by_scenario",
    "coherent_rates",
    "copies_of",
    "effectiveness",
    "evenly",
    "finding_prices",
    "footholds",
    "free_standing",
    "left_by",
    "place_rates",
    "price",
    "range_of_class",
    "silent",
    "whole_range",
    "yearly_rate",
]
