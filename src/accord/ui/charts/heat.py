"""Charts of a matrix: one cell for each row × column, with its words in it, coloured by what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accord.ui.charts import names
from accord.ui.charts.theme import Spec, finish, tips, token, tone_scale

ROW = 40
NARROW_ROW = 46


def heat_map(
    cells: Sequence[Mapping[str, str]],
    rows: Sequence[str],
    columns: Sequence[tuple[str, str]],
    tones: Sequence[tuple[str, str]],
    *,
    row_title: str,
    column_title: str,
    value_title: str,
) -> Spec:
    """Cells of {row, column, text, inside, meaning}: `text` in the table, `inside` in the cell, `meaning` its colour.

    columns: (name, its short form on a phone). tones: (meaning, tone of the design system) in the order of the legend.
    """
    labels = dict(zip(rows, names.labels(list(rows)), strict=True))
    briefs = dict(columns)
    values = [
        {**cell, **labels[cell["row"]], "brief": briefs[cell["column"]], "order": rows.index(cell["row"])}
        for cell in cells
    ]
    told = tips(("row", row_title), ("column", column_title), ("text", value_title), ("meaning", "Meaning"))
    axis = {"orient": "top", "labelAngle": 0, "title": None, "domain": False, "ticks": False, "labelLimit": 110}
    wide = {"field": "column", "type": "ordinal", "sort": [name for name, _ in columns], "axis": axis}
    phone = {
        "field": "brief",
        "type": "ordinal",
        "sort": [brief for _, brief in columns],
        "axis": {**axis, "labelAngle": -90},
    }
    colour = {"field": "meaning", "type": "nominal", "scale": tone_scale(*zip(*tones, strict=True))}

    def layers(x: Spec) -> list[Spec]:
        return [
            {
                "mark": {"type": "rect", "opacity": 0.3, "cornerRadius": 2, "stroke": token("line"), "strokeWidth": 1},
                "encoding": {"x": x, "color": colour, "tooltip": told},
            },
            {
                "mark": {"type": "text", "color": token("ink"), "fontSize": 11},
                "encoding": {"x": x, "text": {"field": "inside"}, "tooltip": told},
            },
        ]

    y = names.down_the_side()
    body = {"data": {"values": values}, "encoding": {"y": y}, "layer": layers(wide)}
    return finish(
        body,
        height=ROW * max(len(rows), 1),
        head=[row_title, column_title, value_title, "Meaning"],
        rows=[[str(v["row"]), str(v["column"]), str(v["text"]), str(v["meaning"])] for v in values],
        narrow={**names.narrow(len(rows)), "height": NARROW_ROW * max(len(rows), 1), "layer": layers(phone)},
    )
