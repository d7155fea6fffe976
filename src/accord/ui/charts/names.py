"""Names on axes: on few short lines, and never two the same."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from accord.ui.charts.theme import Spec, token

ROW = 34
DENSE_ROW = 18
NARROW_ROW = 46
ZERO_WIDTH = "\N{ZERO WIDTH SPACE}"
LINES = "split(datum.label, '\\n')"

# A label of several lines hangs from its first one; half the height of the others puts it back to the middle.
LABELS: Spec = {
    "labelLimit": 200,
    "labelColor": token("ink"),
    "labelFontSize": 12,
    "labelLineHeight": 14,
    "labelExpr": LINES,
    "labelOffset": {"expr": f"-7 * (length({LINES}) - 1)"},
    "labelOverlap": False,
}


def wrapped(names: Sequence[str], width: int = 26, most: int = 2) -> list[str]:
    """The names on at most `most` lines of some `width` letters; equal ones are told apart invisibly."""
    found: list[str] = []
    for name in names:
        text = "\n".join(textwrap.wrap(name, width, max_lines=most, placeholder="…")) or "–"
        while text in found:
            text += ZERO_WIDTH
        found.append(text)
    return found


def labels(names: Sequence[str], *, dense: bool = False) -> list[dict[str, str]]:
    """For each name its whole text (`name`), its lines (`line`) and its lines on a phone (`short`).

    `dense` puts each on one line, for a printed page where a table beside has the whole name.
    """
    usual, short = ((30, 1), (18, 1)) if dense else ((26, 2), (15, 3))
    return [
        {"name": name, "line": line, "short": narrow}
        for name, line, narrow in zip(names, wrapped(names, *usual), wrapped(names, *short), strict=True)
    ]


def down_the_side() -> Spec:
    """The vertical axis of names in the given order."""
    return {"field": "line", "type": "nominal", "sort": None, "title": None, "axis": LABELS}


def height(rows: int, *, dense: bool = False) -> int:
    """Pixels for so many rows."""
    return max(40, DENSE_ROW * rows) if dense else max(80, ROW * rows)


def narrow(rows: int) -> Spec:
    """On a phone names take three short lines."""
    return {"height": NARROW_ROW * rows, "encoding": {"y": {"field": "short"}}}
