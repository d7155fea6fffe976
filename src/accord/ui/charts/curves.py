"""Charts of curves: probability of exceeding a loss, and the frontier of value against loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accord.ui import format as write
from accord.ui.charts.labels import GAP, Placed, place
from accord.ui.charts.theme import AMOUNT, Spec, finish, measure, token, tone_or, tone_scale

DASHES = ([1, 0], [2, 4], [10, 3, 2, 3], [4, 2])
LANE = 17
LANES = 6
SMALLEST = (225.0, 120.0)
"""Pixels of the smallest plot: on a phone, or in a column of a printed page."""
USUAL = (400.0, 150.0)
HEADROOM = 1.12


@dataclass(frozen=True, slots=True)
class Curve:
    """A named curve of (amount, probability 0–1) points in ascending order of amount.

    `band` holds (amount, lowest, highest probability) around it, in ascending order of amount.
    """

    name: str
    points: Sequence[tuple[float, float]]
    tone: str = ""
    band: Sequence[tuple[float, float, float]] = ()


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked point of a frontier: what it is called and where it lies."""

    name: str
    loss: float
    value: float
    tone: str = "accent"


def exceedance_curve(
    curves: Sequence[Curve],
    appetite: Sequence[tuple[float, float]] = (),
    *,
    currency: str | None = None,
    height: int = 300,
    appetite_name: str = "Risk appetite",
) -> Spec:
    """Probability of losing more than an amount in a year, by curve, with the appetite as a band.

    The appetite is (amount, highest accepted probability); what lies in the band is accepted. Each curve is named
    beside itself where its name lies on no curve; where there is no such place, in a legend.
    """
    unit = currency or write.default_currency()
    named = [*curves, *([Curve(appetite_name, appetite, "danger")] if appetite else [])]
    rows: list[Spec] = [
        {"curve": curve.name, "amount": float(x), "probability": float(y)} for curve in named for x, y in curve.points
    ]
    reach = max((float(row["amount"]) for row in rows), default=1.0) or 1.0
    top = min(1.0, (_highest(rows) or 1.0) * HEADROOM)
    places = _places(named, reach, top, SMALLEST)
    usual = places or _places(named, reach, top, USUAL)
    draw = _Exceedance(named, rows, unit, reach, top, appetite_name if appetite else "")
    table = [
        [str(row["curve"]), write.money(row["amount"], unit), write.percent(row["probability"])]
        for row in _thinned(rows)
    ]
    return finish(
        {"data": {"values": rows}, "layer": draw.layers(usual)},
        height=height,
        head=["Curve", "Loss in a year", "Probability of losing more"],
        rows=table,
        narrow=None if places == usual else {"layer": draw.layers(None)},
    )


def _places(named: Sequence[Curve], reach: float, top: float, plot: tuple[float, float]) -> list[Placed] | None:
    if any(not curve.points for curve in named):
        return None
    unit = [[(x / reach, y / top) for x, y in curve.points] for curve in named]
    return place(unit, [curve.name for curve in named], *plot)


@dataclass(frozen=True, slots=True)
class _Exceedance:
    """The layers of the chart, with the names beside the curves or in a legend."""

    named: Sequence[Curve]
    rows: list[Spec]
    unit: str
    reach: float
    top: float
    appetite: str

    def layers(self, places: list[Placed] | None) -> list[Spec]:
        x = measure("amount", f"Loss in a year, {self.unit}", {"labelExpr": AMOUNT, "tickCount": 6}, zero=True)
        digits = ".0%" if self.top >= 0.05 else ".1%"
        y = measure("probability", "Probability of losing more", {"format": digits, "tickCount": 5}, zero=True)
        x["scale"], y["scale"] = ({"domain": [0, end], "nice": False} for end in (self.reach, self.top))
        place = {"x": x, "y": y}
        look = self._look(legend=places is None)
        told = _tips(("curve", "Curve"), ("amount", self.unit), ("probability", "Probability"))
        spots = {"type": "point", "size": 120, "opacity": 0, "filled": True}
        accepted = {
            "transform": [{"filter": {"field": "curve", "equal": self.appetite}}],
            "mark": {"type": "area", "color": token("accent-soft"), "opacity": 0.75, "tooltip": None},
            "encoding": place,
        }
        return [
            *([accepted] if self.appetite else []),
            *self._bands(place),
            {"mark": {"type": "line"}, "encoding": {**place, **look}},
            {"mark": spots, "encoding": {**place, "tooltip": told}},
            *([] if places is None else self._names(places, place)),
        ]

    def _tones(self) -> list[str]:
        return [tone_or(curve.tone, index) for index, curve in enumerate(self.named)]

    def _look(self, *, legend: bool) -> Spec:
        names = [curve.name for curve in self.named]
        dashes = [list(DASHES[index % len(DASHES)]) for index in range(len(names))]
        if self.appetite:
            dashes[-1] = [8, 5]
        hidden: Spec = {} if legend else {"legend": None}
        return {
            "color": {"field": "curve", "type": "nominal", "scale": tone_scale(names, self._tones()), **hidden},
            "strokeDash": {
                "field": "curve", "type": "nominal", "scale": {"domain": names, "range": dashes}, **hidden,
            },
        }  # fmt: skip

    def _bands(self, place: Spec) -> list[Spec]:
        """How far each curve may lie off, as an area in its tone."""
        return [
            {
                "data": {"values": [{"amount": a, "probability": low, "high": high} for a, low, high in curve.band]},
                "mark": {"type": "area", "color": token(tone), "opacity": 0.2, "tooltip": None, "clip": True},
                "encoding": {**place, "y2": {"field": "high"}},
            }
            for curve, tone in zip(self.named, self._tones(), strict=True)
            if curve.band
        ]

    def _names(self, places: list[Placed], place: Spec) -> list[Spec]:
        """Each name on a ground of its own, above its point to the right or below it to the left."""
        found: list[Spec] = []
        for curve, spot, tone in zip(self.named, places, self._tones(), strict=True):
            row = {
                "amount": spot.x * self.reach,
                "probability": spot.at * self.top,
                "on": spot.y * self.top,
                "curve": curve.name,
            }
            side: Spec = (
                {"align": "left", "baseline": "bottom", "dx": GAP, "dy": -GAP}
                if spot.above
                else {"align": "right", "baseline": "top", "dx": -GAP, "dy": GAP}
            )
            mark: Spec = {"type": "text", "fontWeight": 600, "fontSize": 12, "tooltip": None, **side}
            shown = {**place, "text": {"field": "curve"}}
            data = {"values": [row]}
            if spot.at != spot.y:
                leader: Spec = {"type": "rule", "strokeWidth": 1, "color": token(tone), "opacity": 0.7}
                end: Spec = {"type": "point", "filled": True, "size": 36, "opacity": 1, "color": token(tone)}
                on = {"x": place["x"], "y": {**place["y"], "field": "on"}}
                found.append({"data": data, "mark": leader, "encoding": {**place, "y2": {"field": "on"}}})
                found.append({"data": data, "mark": end, "encoding": on})
            found += [
                {"data": data, "mark": {**mark, "stroke": token("surface"), "strokeWidth": 4}, "encoding": shown},
                {"data": data, "mark": {**mark, "color": token(tone)}, "encoding": shown},
            ]
        return found


def frontier(
    points: Sequence[tuple[float, float]],
    marked: Sequence[Marked] = (),
    *,
    currency: str | None = None,
    value_title: str = "Strategic value",
    loss_title: str = "Expected loss in a year",
    value_format: str = ".0%",
    height: int = 340,
) -> Spec:
    """The frontier of (residual loss, strategic value); marked points are named in lanes above the plot."""
    unit = currency or write.default_currency()
    along = sorted((float(x), float(y)) for x, y in points)
    spots = sorted(marked, key=lambda spot: spot.loss)
    every = [x for x, _ in along] + [spot.loss for spot in spots]
    lanes = _lanes([spot.loss for spot in spots], [spot.name for spot in spots], every)
    less = f"{loss_title}, {unit} (less is better)"
    x = measure("loss", less, {"labelExpr": AMOUNT, "tickCount": 6}, zero=False, padding=40)
    y = measure("value", value_title, {"format": value_format, "tickCount": 5}, zero=False, padding=14)
    names, tones = [spot.name for spot in spots], [spot.tone for spot in spots]
    colour = {"field": "name", "type": "nominal", "scale": tone_scale(names, tones), "legend": None}
    data = [
        {"name": spot.name, "loss": spot.loss, "value": spot.value, "lane": -8 - LANE * lane}
        for spot, lane in zip(spots, lanes, strict=True)
    ]
    told = _tips(("loss", loss_title), ("value", value_title))
    line = {"type": "line", "color": token("ink-3"), "strokeWidth": 1.75, "interpolate": "monotone"}
    dots = {"type": "point", "filled": True, "size": 42, "color": token("ink-3"), "opacity": 1}
    curve = {"values": [{"loss": a, "value": b} for a, b in along]}
    layers: list[Spec] = [
        {"data": curve, "mark": line, "encoding": {"x": x, "y": y}},
        {"data": curve, "mark": dots, "encoding": {"x": x, "y": y, "tooltip": told}},
    ]
    flags = [_flag(one, x, y, colour, tones[index], told) for index, one in enumerate(data)]
    layers += [layer for group in zip(*flags, strict=True) for layer in group]
    rows = [["", write.money(a, unit), f"{b:{value_format}}"] for a, b in along]
    rows += [[spot.name, write.money(spot.loss, unit), f"{spot.value:{value_format}}"] for spot in spots]
    return finish({"layer": layers}, height=height, head=["Point", loss_title, value_title], rows=rows)


def _flag(one: Spec, x: Spec, y: Spec, colour: Spec, tone: str, tips: list[Spec]) -> list[Spec]:
    """One marked point: a thin line up to its name, its spot, and the name on a ground of its own above the plot."""
    shape = {"cio": "square", "ciso": "diamond", "joint": "circle"}.get(tone, "triangle-up")
    data = {"values": [one]}
    name = {"type": "text", "fontWeight": 600, "fontSize": 12, "baseline": "bottom", "clip": False}
    place = {"x": x, "y": {"value": one["lane"] + 4}, "text": {"field": "name"}}
    spot = {"type": "point", "filled": True, "size": 150, "opacity": 1, "shape": shape, "stroke": token("surface")}
    return [
        {
            "data": data,
            "mark": {"type": "rule", "strokeWidth": 1, "color": token(tone), "opacity": 0.55},
            "encoding": {"x": x, "y": y, "y2": {"value": one["lane"] + 5}},
        },
        {
            "data": data,
            "mark": spot,
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": [{"field": "name", "title": "Point"}, *tips]},
        },
        {"data": data, "mark": {**name, "stroke": token("surface"), "strokeWidth": 5}, "encoding": place},
        {"data": data, "mark": name, "encoding": {**place, "color": colour}},
    ]


def _lanes(at: Sequence[float], names: Sequence[str], every: Sequence[float]) -> list[int]:
    """The lane of each name, so that names beside each other on a plot of 220 pixels (a phone) do not touch."""
    low, high = min(every, default=0.0), max(every, default=1.0)
    width = (high - low) or 1.0
    ends: list[float] = []
    lanes = []
    for value, name in zip(at, names, strict=True):
        middle, half = (value - low) / width * 220, len(name) * 3.4 + 6
        lane = next((i for i, end in enumerate(ends) if middle - half >= end), len(ends))
        if lane == len(ends):
            ends.append(0.0)
        ends[lane] = middle + half
        lanes.append(min(lane, LANES - 1))
    return lanes


def _tips(*pairs: tuple[str, str]) -> list[Spec]:
    found = []
    for field, title in pairs:
        tip: Spec = {"field": field, "title": title}
        if field in ("amount", "loss"):
            tip |= {"type": "quantitative", "format": ",.0f"}
        elif field in ("probability", "value"):
            tip |= {"type": "quantitative", "format": ".1%"}
        found.append(tip)
    return found


def _highest(rows: Sequence[Spec]) -> float:
    return max((float(row["probability"]) for row in rows), default=0.0)


def _thinned(rows: list[Spec], most: int = 25) -> list[Spec]:
    """At most `most` points of each curve, the ends included."""
    found: list[Spec] = []
    for name in dict.fromkeys(row["curve"] for row in rows):
        mine = [row for row in rows if row["curve"] == name]
        step = max(1, -(-len(mine) // most))
        found += mine[::step] + ([mine[-1]] if (len(mine) - 1) % step else [])
    return found
