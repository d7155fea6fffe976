"""Chart of paths: systems in layers by their steps from where an intruder comes in, arrows as wide as what passes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from math import log10

from accord.ui import format as write
from accord.ui.charts import names
from accord.ui.charts.theme import Spec, finish, tips, token, tone_scale

ROW = 54
KINDS = (("Exposed, a foothold begins", "warning"), ("On the way", "neutral"), ("Carries goals", "accent"))


def path_map(
    paths: Sequence[tuple[Sequence[int], float]], systems: Sequence[str], targets: Collection[int], cut: Collection[int]
) -> Spec:
    """Paths of (systems from entry to target, rate a year); `cut` are ringed: fixing them cuts the paths.

    A system stands in the layer of its longest way in among the paths that are shown.
    """
    layer: dict[int, int] = {}
    for way, _ in paths:
        for step, at in enumerate(way):
            layer[at] = max(layer.get(at, 0), step)
    widest = max(layer.values(), default=0)
    for at in layer:
        if at in targets:
            layer[at] = max(layer[at], widest if widest else 0)
    entries = {way[0] for way, _ in paths}
    place: dict[int, float] = {}
    for column in sorted(set(layer.values())):
        inside = sorted((at for at in layer if layer[at] == column), key=lambda at: systems[at])
        for row, at in enumerate(inside):
            place[at] = (row + 0.5) / len(inside)
    tallest = max((list(layer.values()).count(column) for column in set(layer.values())), default=1)
    flow: dict[tuple[int, int], float] = {}
    for way, rate in paths:
        for pair in pairwise(way):
            flow[pair] = flow.get(pair, 0.0) + rate
    nodes: list[Spec] = [
        {
            "x": layer[at], "y": place[at], **names.labels([systems[at]])[0],
            "kind": KINDS[2][0] if at in targets else KINDS[0][0] if at in entries else KINDS[1][0],
            "cut": "yes" if at in cut else "no",
        }
        for at in layer
    ]  # fmt: skip
    most = max(flow.values(), default=1.0) or 1.0
    edges: list[Spec] = [
        {
            "x": layer[a], "y": place[a], "x2": layer[b], "y2": place[b], "from": systems[a], "to": systems[b],
            "rate": write.number(rate), "width": max(1.0, 6.0 + 1.5 * log10(rate / most)) if rate > 0 else 1.0,
        }
        for (a, b), rate in flow.items()
    ]  # fmt: skip
    return finish(
        {"layer": _layers(nodes, edges, widest, "line")},
        height=max(200, ROW * tallest + 40),
        head=["From", "To", "Intruders a year"],
        rows=[[str(edge["from"]), str(edge["to"]), str(edge["rate"])] for edge in edges],
        narrow={"height": max(240, (ROW + 20) * tallest + 40), "layer": _layers(nodes, edges, widest, "short")},
    )


def _layers(nodes: list[Spec], edges: list[Spec], widest: int, text: str) -> list[Spec]:
    """Arrows, rings, points and their names; `text` is the field of the name."""
    scale = {"domain": [-0.35, widest + 0.35], "nice": False}
    x: Spec = {"field": "x", "type": "quantitative", "axis": None, "scale": scale}
    y: Spec = {"field": "y", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1], "reverse": True}}
    label = {"type": "text", "dy": 20, "lineBreak": "\n", "color": token("ink"), "fontSize": 11, "lineHeight": 13}
    colour = {"field": "kind", "type": "nominal", "scale": tone_scale(*zip(*KINDS, strict=True))}
    told = tips(("name", "System"), ("kind", "Is"), ("cut", "In the smallest cut"))
    return [
        {
            "data": {"values": edges},
            "mark": {"type": "rule", "color": token("line-strong"), "opacity": 0.8, "strokeCap": "round"},
            "encoding": {
                "x": x, "y": y, "x2": {"field": "x2"}, "y2": {"field": "y2"},
                "strokeWidth": {"field": "width", "type": "quantitative", "scale": None},
                "tooltip": tips(("from", "From"), ("to", "To"), ("rate", "Intruders a year")),
            },
        },
        {
            "data": {"values": [node for node in nodes if node["cut"] == "yes"]},
            "mark": {"type": "point", "size": 520, "stroke": token("danger"), "strokeWidth": 2.5},
            "encoding": {"x": x, "y": y, "tooltip": told},
        },
        {
            "data": {"values": nodes}, "mark": {"type": "point", "filled": True, "size": 220, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": told},
        },
        {
            "data": {"values": nodes}, "mark": label,
            "encoding": {"x": x, "y": y, "text": {"field": text}},
        },
    ]  # fmt: skip
