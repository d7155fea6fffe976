"""The chart of what happens when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accord.ui.charts import names
from accord.ui.charts.theme import Spec, finish, tips, tone_or, tone_scale

MONTHS = {"1": "01", "2": "04", "3": "07", "4": "10"}
AXIS: Spec = {
    "format": "Q%q %Y",
    "tickCount": {"interval": "month", "step": 3},
    "grid": True,
    "labelAlign": "left",
    "labelOffset": 2,
    "orient": "top",
    "domain": False,
    "ticks": False,
}


def gantt(
    rows: Sequence[Mapping[str, str]],
    *,
    tones: Mapping[str, str] | None = None,
    name_title: str = "Initiative",
    group_title: str = "Sponsor",
) -> Spec:
    """Rows of {name, start, end, group}: first and last quarter ("2027-Q1"), coloured by group.

    `tones` maps a group to a tone of the design system (CIO and CISO have theirs).
    """
    chosen = {"CIO": "cio", "CISO": "ciso", "Joint": "joint", **(tones or {})}
    groups = list(dict.fromkeys(row["group"] for row in rows))
    values = [
        {
            **label,
            "group": row["group"],
            "from": quarter_start(row["start"]),
            "to": quarter_start(next_quarter(row["end"])),
            "start": quarter_text(row["start"]),
            "end": quarter_text(row["end"]),
        }
        for label, row in zip(names.labels([row["name"] for row in rows]), rows, strict=True)
    ]
    scale = tone_scale(groups, [tone_or(chosen.get(group, ""), index) for index, group in enumerate(groups)])
    time = {"type": "temporal", "timeUnit": "utcyearmonthdate", "title": None, "axis": AXIS, "scale": {"type": "utc"}}
    body = {
        "data": {"values": values},
        "mark": {"type": "bar", "height": {"band": 0.58}, "cornerRadius": 2},
        "encoding": {
            "y": names.down_the_side(),
            "x": {"field": "from", **time},
            "x2": {"field": "to", "timeUnit": "utcyearmonthdate"},
            "color": {"field": "group", "type": "nominal", "scale": scale},
            "tooltip": tips(("name", name_title), ("group", group_title), ("start", "From"), ("end", "To")),
        },
    }
    count, head = len(values), [name_title, group_title, "From", "To"]
    table = [[v["name"], v["group"], v["start"], v["end"]] for v in values]
    return finish(body, height=names.height(count), head=head, rows=table, narrow=names.narrow(count))


def quarter_start(quarter: str) -> str:
    """The first day of a quarter ("2027-Q1") as an ISO date."""
    year, number = quarter.split("-Q")
    return f"{int(year):04d}-{MONTHS[number]}-01"


def next_quarter(quarter: str) -> str:
    """The quarter after."""
    year, number = quarter.split("-Q")
    return f"{int(year) + 1:04d}-Q1" if number == "4" else f"{year}-Q{int(number) + 1}"


def quarter_text(quarter: str) -> str:
    """Q1 2027."""
    year, number = quarter.split("-Q")
    return f"Q{number} {year}"
